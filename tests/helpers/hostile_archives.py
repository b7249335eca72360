"""Archives that mean harm, each made by a function of its name. Zeros stand for photos."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

GOOD = ("cats/1.jpg", b"a cat")
ZEROS = bytes(2_000_000)
MIB = 2**20


def in_zip(*entries, compression=zipfile.ZIP_STORED):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in (GOOD, *entries):
            archive.writestr(name, content)
    return made.getvalue()


def in_tar(*members, kind="", pax=None):
    """Members are (name or TarInfo, content)."""
    made = io.BytesIO()
    options = {"format": tarfile.PAX_FORMAT, "pax_headers": pax} if pax else {}
    with tarfile.open(fileobj=made, mode=f"w:{kind}", **options) as archive:
        for member, content in (GOOD, *members):
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def info(name, kind=tarfile.REGTYPE, link="", mode=0o644, **pax):
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode, made.pax_headers = kind, link, mode, pax
    return made


def entry(name, mode):
    made = zipfile.ZipInfo(name)
    made.create_system, made.external_attr = 3, mode << 16
    return made


def raw_header(name, kind, size, **fields):
    """A tar header with any size and a right checksum."""
    block = bytearray(tarfile.TarInfo(name).tobuf(tarfile.USTAR_FORMAT)[:512])
    block[156:157] = kind
    block[124:136] = fields.get("size_field", b"%011o\0" % size)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(content):
    return content + bytes(-len(content) % 512)


def pax_record(text):
    """Return "length key=value", where the length counts itself."""
    length = len(text) + 3
    while len(f"{length} {text}\n") != length:
        length += 1
    return f"{length} {text}\n".encode()


END = bytes(1024)
TAR_GOOD = in_tar()[:1024]  # header and content of the good file


def zip_two_opinions_on_a_name(_):
    made = in_zip(("../evil.jpg", b"x"))
    place = made.rindex(b"../evil.jpg")
    return made[:place] + b"cat/evi.jpg" + made[place + 11 :]


def tar_link_then_through_it(box):
    link = info("away", tarfile.SYMTYPE, str(box))
    return in_tar((link, b""), ("away/outside.jpg", b"x"))


def tar_link_to_link(_):
    first = info("a", tarfile.SYMTYPE, "..")
    second = info("b", tarfile.SYMTYPE, "a/..")
    return in_tar((first, b""), (second, b""), ("b/outside.jpg", b"x"))


def tar_hard_link_outside(box):
    link = info("cats/2.jpg", tarfile.LNKTYPE, str(box / "secret.txt"))
    return in_tar((link, b""))


# Names, links, devices and modes are among the short ones below; here: sizes and counts


def zip_quoted_overlap(_):
    """Each file quotes the header of the next, and all share one kernel (Fifield 2019)."""
    count, plain = 30, ZEROS[:200_000]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(plain) + packer.flush()
    records, body = [], b""
    for number in reversed(range(count)):
        name = f"{number:03}".encode()
        facts = struct.pack(
            "<HHHHHIIIHH", 20, 0, 8, 0, 33, zlib.crc32(plain), len(data), len(plain), 3, 0
        )
        header = b"PK\x03\x04" + facts + name
        records.append((name, facts, len(header + data)))
        body = header + data
        quote = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF)  # a stored block
        data, plain = quote + header + data, header + plain
    directory, total = b"", len(body)
    for name, facts, length in records:
        directory += (
            b"PK\x01\x02" + struct.pack("<H", 20) + facts
            + struct.pack("<HHHII", 0, 0, 0, 0, total - length) + name
        )  # fmt: skip
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), total, 0)
    return body + directory + b"PK\x05\x06" + end


def zip_full_overlap(_):
    made = bytearray(in_zip(("cats/2.jpg", b"a dog")))
    place = made.rindex(b"PK\x01\x02") + 42
    made[place : place + 4] = bytes(4)
    return bytes(made)


def zip_in_zip(_):
    inner = SHORT["zip_bomb"](_)
    for level in range(5):
        inner = in_zip((f"{level}.zip", inner), compression=zipfile.ZIP_DEFLATED)
    return inner


def zip_small_lie(_):
    made = bytearray(in_zip(("zeros", ZEROS), compression=zipfile.ZIP_DEFLATED))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        place = made.rindex(mark) + offset
        made[place : place + 4] = (10).to_bytes(4, "little")
    return bytes(made)


def zip64_lie(_):
    made = in_zip((entry("cats/2.jpg", 0o100644), b"x" * 99))
    place = made.rindex(b"PK\x01\x02")
    record = bytearray(made[place:])
    end = record.index(b"PK\x05\x06")
    extra = struct.pack("<HHQ", 1, 8, 2**40)
    record[24:28] = b"\xff" * 4
    record[30:32] = len(extra).to_bytes(2, "little")
    changed = record[:end] + extra + record[end:]
    place_of_end = changed.index(b"PK\x05\x06")
    size = int.from_bytes(changed[place_of_end + 12 : place_of_end + 16], "little") + len(extra)
    changed[place_of_end + 12 : place_of_end + 16] = size.to_bytes(4, "little")
    return made[:place] + bytes(changed)


def zip_count_lie(_):
    made = bytearray(in_zip(("cats/2.jpg", b"x")))
    made[-14:-10] = struct.pack("<HH", 1, 1)
    return bytes(made)


def tar_sparse(_):
    block = bytearray(raw_header("zeros", b"S", 0))
    block[386:410] = b"%011o\0%011o\0" % (64 * MIB, 0)
    block[483:495] = b"%011o\0" % (64 * MIB)
    block[257:265] = b"ustar  \0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return TAR_GOOD + bytes(block) + END


def tar_sparse_by_pax(_):
    records = b"".join(
        pax_record(text)
        for text in (
            "GNU.sparse.major=1",
            "GNU.sparse.minor=0",
            f"GNU.sparse.realsize={64 * MIB}",
            "GNU.sparse.name=zeros",
        )
    )
    table = padded(b"1\n%d\n0\n" % (64 * MIB))
    return (
        TAR_GOOD + raw_header("p", b"x", len(records)) + padded(records)
        + raw_header("zeros", b"0", len(table)) + table + END
    )  # fmt: skip


def tar_sparse_nonsense(_):
    records = pax_record("GNU.sparse.major=1") + pax_record("GNU.sparse.minor=0")
    records += pax_record("GNU.sparse.realsize=many")
    return (
        TAR_GOOD + raw_header("p", b"x", len(records)) + padded(records)
        + raw_header("zeros", b"0", 512) + padded(b"x") + END
    )  # fmt: skip


def tar_size_by_pax(_):
    record = pax_record(f"size={2**60}")
    return (
        TAR_GOOD + raw_header("p", b"x", len(record)) + padded(record)
        + raw_header("zeros", b"0", 1) + padded(b"x") + END
    )  # fmt: skip


def tar_negative_size(_):
    header = raw_header("cats/2.jpg", b"0", 0, size_field=b"\xff" * 12)
    return TAR_GOOD + header + END


def tar_header_of_16_mib(_):
    long = raw_header("././@LongLink", b"L", 16 * MIB) + b"x" * 16 * MIB
    return gzip.compress(TAR_GOOD + long + raw_header("x", b"0", 0) + END)


def tar_pax_of_16_mib(_):
    record = b"%d comment=" % (16 * MIB) + b"x" * (16 * MIB)
    long = raw_header("p", b"x", len(record)) + padded(record)
    return gzip.compress(TAR_GOOD + long + raw_header("x", b"0", 0) + END)


def tar_headers_of_headers(_):
    record = pax_record("comment=x")
    chain = (raw_header("p", b"x", len(record)) + padded(record)) * 2000
    return gzip.compress(TAR_GOOD + chain + raw_header("x", b"0", 0) + END)


# Damage


def noise(count):
    return b"".join(zlib.crc32(b"%d" % n).to_bytes(4, "little") for n in range(count // 4))


def zip_wrong_checksum(_):
    made = in_zip(("cats/2.jpg", b"some content"))
    return made.replace(b"some content", b"same content")


def zip_missing_middle(_):
    made = in_zip(("cats/2.jpg", noise(5000)))
    return made[:500] + made[3000:]


def zip_encrypted(_):
    made = bytearray(in_zip(("cats/2.jpg", b"x")))
    made[made.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def zip_unknown_method(_):
    made = bytearray(in_zip(("cats/2.jpg", b"x")))
    made[made.rindex(b"PK\x01\x02") + 10] = 77
    return bytes(made)


def tar_gzip_wrong_checksum(_):
    made = bytearray(in_tar(("cats/2.jpg", noise(900)), kind="gz"))
    made[-8] ^= 1
    return bytes(made)


def tar_xz_damaged(_):
    made = bytearray(lzma.compress(in_tar(("cats/2.jpg", noise(9000)))))
    made[len(made) // 2] ^= 1
    return bytes(made)


SHORT = {
    "zip_upwards": lambda _: in_zip(("../outside.jpg", b"x")),
    "tar_upwards": lambda _: in_tar(("../outside.jpg", b"x")),
    "tar_upwards_from_inside": lambda _: in_tar(("a/../../../outside.jpg", b"x")),
    "zip_absolute": lambda box: in_zip((str(box / "outside.jpg"), b"x")),
    "tar_absolute": lambda box: in_tar((str(box / "outside.jpg"), b"x")),
    "zip_drive_letter": lambda _: in_zip(("C:\\Windows\\x.jpg", b"x")),
    "zip_backslashes": lambda _: in_zip(("..\\..\\x.jpg", b"x")),
    "tar_backslashes": lambda _: in_tar(("..\\..\\x.jpg", b"x")),
    "zip_zero_byte": lambda _: in_zip(("cats/2.jpgx.exe", b"x")).replace(b"2.jpgx", b"2.jpg\0"),
    "tar_escape_sequence": lambda _: in_tar(("cats/\x1b[2J\x1b]0;owned\x07.jpg", b"x")),
    "tar_newline": lambda _: in_tar(("cats/a\nError: all is well.jpg", b"x")),
    "zip_eight_bit_controls": lambda _: in_zip(("cats/\x9b2J.jpg", b"x")),
    "zip_right_to_left_override": lambda _: in_zip(("cats/photo\u202egpj.exe", b"x")),
    "tar_no_unicode": lambda _: in_tar(("cats/\udcff\udcfe.jpg", b"x")),
    "zip_long_name": lambda _: in_zip(("cats/" + "x" * 5000, b"x")),
    "tar_long_name": lambda _: in_tar(("cats/" + "x" * 5000, b"x")),
    "tar_deep": lambda _: in_tar(("a/" * 1500 + "x.jpg", b"x")),
    "zip_same_name": lambda _: in_zip(("cats/2.jpg", b"y")).replace(b"cats/2.jpg", b"cats/1.jpg"),
    "tar_same_name": lambda _: in_tar(("cats/1.jpg", b"another cat")),
    "zip_same_but_case": lambda _: in_zip(("Cats/1.JPG", b"x")),
    "tar_same_but_spelling": lambda _: in_tar(
        ("caf\u00e9/1.jpg", b"x"), ("cafe\u0301/2.jpg", b"x")
    ),
    "zip_file_and_folder": lambda _: in_zip(("cats/1.jpg/2.jpg", b"x")),
    "tar_file_and_folder": lambda _: in_tar(("cats", b"x")),
    "tar_name_changed_by_pax": lambda _: in_tar(
        (info("cats/2.jpg", path="../outside.jpg"), b"x"), pax={"comment": "x"}
    ),
    "tar_name_changed_for_all": lambda _: in_tar(pax={"path": "../outside.jpg"}),
    "tar_link_upwards": lambda _: in_tar(
        (info("cats/2.jpg", tarfile.SYMTYPE, "../../../secret.txt"), b"")
    ),
    "tar_hard_link_inside": lambda _: in_tar(
        (info("cats/2.jpg", tarfile.LNKTYPE, "cats/1.jpg"), b"")
    ),
    "tar_pipe": lambda _: in_tar((info("cats/2.jpg", tarfile.FIFOTYPE), b"")),
    "tar_character_device": lambda _: in_tar((info("cats/2.jpg", tarfile.CHRTYPE), b"")),
    "tar_block_device": lambda _: in_tar((info("cats/2.jpg", tarfile.BLKTYPE), b"")),
    "zip_link": lambda _: in_zip((entry("cats/2.jpg", 0o120777), b"../../secret.txt")),
    "zip_pipe": lambda _: in_zip((entry("cats/2.jpg", 0o010644), b"")),
    "tar_setuid": lambda _: in_tar((info("dogs/2.jpg", mode=0o6777), b"x")),
    "zip_bomb": lambda _: in_zip(("zeros", ZEROS), compression=zipfile.ZIP_DEFLATED),
    "zip_bomb_below_the_cap": lambda _: in_zip(
        ("zeros", ZEROS[:900_000]), compression=zipfile.ZIP_DEFLATED
    ),
    "zip_bomb_bzip2": lambda _: in_zip(("zeros", ZEROS), compression=zipfile.ZIP_BZIP2),
    "zip_bomb_lzma": lambda _: in_zip(("zeros", ZEROS), compression=zipfile.ZIP_LZMA),
    "tar_bomb_gzip": lambda _: in_tar(("zeros", ZEROS), kind="gz"),
    "tar_bomb_bzip2": lambda _: in_tar(("zeros", ZEROS), kind="bz2"),
    "tar_bomb_xz": lambda _: in_tar(("zeros", ZEROS), kind="xz"),
    "tar_bomb_after_the_end": lambda _: gzip.compress(in_tar() + bytes(24 * MIB)),
    "zip_many_files": lambda _: in_zip(*((f"{number}", b"") for number in range(700))),
    "tar_many_files": lambda _: in_tar(*((f"{number}", b"") for number in range(700)), kind="gz"),
    "zip_many_folders": lambda _: in_zip(
        *((f"{number}/" + "f/" * 20 + "x", b"") for number in range(40))
    ),
    "zip_truncated": lambda _: in_zip(("cats/2.jpg", noise(5000)))[:-30],
    "tar_truncated": lambda _: in_tar(("cats/2.jpg", noise(5000)))[:3000],
    "tar_gzip_truncated": lambda _: in_tar(("cats/2.jpg", noise(9000)), kind="gz")[:-4000],
    "tar_bzip2_truncated": lambda _: bz2.compress(in_tar(("cats/2.jpg", noise(9000))))[:-2000],
    "no_members": lambda _: bytes(10240),
}
for _name, _make in SHORT.items():
    _make.__name__ = _name
HARMLESS = {  # these are unpacked, and this is all that may come of it
    zip_in_zip: {"cats/1.jpg", "4.zip"},
    SHORT["tar_setuid"]: {"cats/1.jpg", "dogs/2.jpg"},
}
HOSTILE = [
    *SHORT.values(),
    *(
        function
        for name, function in list(globals().items())
        if name.startswith(("zip_", "zip64_", "tar_", "no_")) and callable(function)
    ),
]
