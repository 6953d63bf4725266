# One command each. `make run` and `make test` need Python 3.11 or later and nothing else.
#
#   make run      everything, with the demo company: web, worker, clock, database, bus
#                 PORT=8001  another port        FEED=0  no incoming demo sales
#                 LOG=1      logs on the screen  LAUREL_HOME=/path  where all state is kept
#   make dev      the same, restarting on changes, with the front end rebuilt as you type
#   make test     everything that must hold, browser journeys included
#   make check    types, lint and import rules only
#   make storm    random kill -9 of web and workers under load for two minutes, STORM_SEED=7 another one
#   make bench    what it costs, side by side with the bare driver
#   make ledger-kit  the four endpoints of the ledger-conformance-kit on a scratch Laurel, PORT=8400
#   make mutations  break the safety of money on purpose, and see a test turn red each time
#   make pins     requirements*.txt from requirements*.in
#   make clean    removes what these commands made, never LAUREL_HOME

GOALS := run dev test check storm bench ledger-kit mutations pins clean
.PHONY: $(GOALS)
.DEFAULT_GOAL := run

$(GOALS):
	@exec sh scripts/python.sh scripts/make.py $@
