# make run    plays cues/duet.yaml on simulated motors, in real time (CUEFOCUS_TAKES=1: one take, then exits)
# make test   the tests
# make check  format, lint, types, import contracts, tests
# All three set everything up themselves. Besides: make format, make docs (the generated parts of docs/reference), make clean

VENV := .venv
BIN  := $(VENV)/bin
READY := $(VENV)/.ready
DUET_LTC := build/duet.wav

.PHONY: run test check format docs clean

run: $(READY) $(DUET_LTC)
	@$(BIN)/cuefocus run --rig config/demo.yaml --show cues/duet.yaml --source file:$(DUET_LTC) --arm \
	  $(if $(CUEFOCUS_TAKES),--takes $(CUEFOCUS_TAKES),)

test: $(READY)
	$(BIN)/pytest -n 2 --dist worksteal -m "not serial and not hardware"
	@# Real processes in real time, two beside each other; one that the machine itself held up (a stall of 50 ms is a
	@# fault here) runs up to twice more.
	$(BIN)/pytest -n 2 --dist worksteal -m "serial and not hardware" --reruns 2

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict cuefocus tests
	$(BIN)/lint-imports --no-logo
	$(MAKE) test

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY)
	$(BIN)/python tools/make_reference.py

$(READY): pyproject.toml tools/bootstrap.sh
	@sh tools/bootstrap.sh $(VENV)
	@touch $@

$(DUET_LTC): $(READY)
	@mkdir -p $(dir $@)
	@$(BIN)/cuefocus ltc generate --rate 25 --start 00:59:58:00 --seconds 49 -o $@

clean:
	rm -rf $(VENV) build
