"""onnxruntime-genai: genai.py FOLDER. Threads are its session's own choice, all cores."""

import json
import sys
import time

import onnxruntime_genai

model = onnxruntime_genai.Model(sys.argv[1])
tokenizer = onnxruntime_genai.Tokenizer(model)


def generate(prompt, rows, tokens):
    ids = tokenizer.encode(prompt)
    length = len(ids) + tokens
    began = time.perf_counter()
    parameters = onnxruntime_genai.GeneratorParams(model)
    # min_length keeps the end token from being drawn
    options = {"do_sample": True, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_length": length, "max_length": length}
    parameters.set_search_options(batch_size=rows, **options)
    generator = onnxruntime_genai.Generator(model, parameters)
    generator.append_tokens([list(ids)] * rows if rows > 1 else list(ids))
    while not generator.is_done():
        generator.generate_next_token()
    seconds = time.perf_counter() - began
    written = sum(len(generator.get_sequence(row)) - len(ids) for row in range(rows))
    return {"ms": 1000 * seconds, "promptTokens": len(ids), "tokens": int(written)}


print('{"ready":true}', flush=True)
for line in sys.stdin:
    try:
        answer = generate(**json.loads(line))
    except Exception as failure:  # whatever it is, it is this peer's answer
        answer = {"error": str(failure)}
    print(json.dumps(answer), flush=True)
