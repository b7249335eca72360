"""Look for what is wrong with a data set."""

from kit import auditing, errors, files
from kit.experiments import places
from kit.settings import Auditing
from kit.settings.keywords import by_keywords
from kit.settings.texts import one_or_two


@by_keywords(Auditing)
def audit(settings: Auditing) -> auditing.Audit:
    """Look for what is wrong with a data set, as kit-audit does.

    Raises:
        SettingError: A setting cannot be used.
        DataError: There are no data, or their arrangement cannot be meant. What makes a training
            impossible besides is in the result.
    """
    looked, output = settings.inspection, settings.results.output
    fix_list, fix = settings.leaving_out.fix_list, settings.leaving_out.fix
    size = None if looked.image_size is None else one_or_two(looked.image_size)
    source = places.data_folder(settings.folder)
    if output is not None:
        places.check_new(output, source)
    if fix_list is not None:
        # --exclude reads it by its ending, which a pipe need not have.
        endings = (".csv",) if files.is_replaced(fix_list) else ()
        places.check_target("fix_list", fix_list, endings)
        places.check_outside(fix_list, source)
    found = auditing.audit(source, **{**vars(looked), "image_size": size})
    with errors.reaching(found):
        if output is not None:
            auditing.save(found, output)
        if fix_list is not None:
            auditing.write_fix_list(found, fix_list, fix)
    return found
