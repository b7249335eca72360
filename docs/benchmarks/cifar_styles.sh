#!/usr/bin/env bash
# Both styles of three architectures on a tenth of CIFAR-10: sh docs/benchmarks/cifar_styles.sh CIFAR10_FOLDER
# The folder holds train/ and test/ with a sub-folder per class.
set -eu
small=$(mktemp -d)
trap 'rm -rf "$small"' EXIT
for part in train test; do
  for class in "$1/$part"/*/; do
    target="$small/$part/$(basename "$class")"
    mkdir -p "$target"
    find "$class" -type f | sort | awk 'NR % 10 == 1' | xargs -I{} cp {} "$target"
  done
done
for architecture in basic_cnn inception pointwise; do
  echo "== $architecture"
  kit-train "$small" --architecture "$architecture" --style both --epochs "${EPOCHS:-5}" \
    --output "${OUTPUT:-$small/runs}/$architecture" 2>/dev/null
done
