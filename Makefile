# Two commands are all a newcomer needs: `make run` and `make test`. `make help` lists the others.

GOLANGCI_LINT := v2.15.0
FUZZTIME      ?= 20000x
FLOOD_TIME    ?= 60s
ROTATION_TIME ?= 60s
FAULTS_PAUSE  ?= 10s
CAPACITY_TIME ?= 5s
DOCUMENTS     ?= 100000
BENCH_ROUNDS  ?= 5
BENCH_TIME    ?= 3s
BENCH_ONLY    ?=
BENCH_GROWTH  ?=

# SQLite's full-text search, by which products are found. Without it the program serves as well, and searches slowly.
export GOFLAGS := -tags=sqlite_fts5 $(GOFLAGS)

BIN        := bin/gatehouse
TOOLS      := .cache/bin
UI         := internal/playground/ui
PLAYGROUND := internal/playground/dist/index.html
ATTACK     := go test -tags attack -count 1 -timeout 30m -v

.DEFAULT_GOAL := help

.PHONY: run
run: build ## Serve at http://127.0.0.1:8080 with a demo catalogue
	./$(BIN) demo
	exec ./$(BIN) serve

.PHONY: test
test: build ## Run every test
	go test ./...
	e2e/run

.PHONY: build
build: $(PLAYGROUND) ## Build the program, bin/gatehouse, with the playground in it
	go build -o $(BIN) .

.PHONY: playground
playground: ## Build the playground's page anew
	rm -f $(PLAYGROUND)
	$(MAKE) $(PLAYGROUND)
	@test -f $(PLAYGROUND)

# The page comes from npm packages. Without them the program builds and serves all the same, and says so at /.
$(PLAYGROUND): $(wildcard $(UI)/src/* $(UI)/*.html $(UI)/*.js $(UI)/package*.json)
	@(cd $(UI) && npm ci --no-audit --no-fund && npm run build) || \
		echo "Building without the playground: it takes npm, of Node.js 20.19 or later (then: make playground)."

.PHONY: release
release: ## Build dist/: what is committed, for linux/amd64 and arm64, with checksums
	deploy/release

.PHONY: image
image: ## Build the container image, gatehouse, with docker, podman or buildah
	deploy/image

.PHONY: generate
generate: ## Write the generated code (ent, GraphQL, schema.graphql)
	go generate ./...
	go run . schema > schema.graphql

.PHONY: migration
migration: ## Write the migration that ent/schema asks for: make migration name=add_x
	go run -mod=mod migrations/new.go $(name)

.PHONY: migration-sum
migration-sum: ## Renew migrations/*/atlas.sum after a new migration was edited by hand
	go run -mod=mod migrations/new.go

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT) ## Check style and likely mistakes
	$< run
	$< fmt --diff

.PHONY: lint-schema
lint-schema: ## Check the schema: its style, what Relay needs, and that it breaks nothing since the last release
	npm --prefix e2e/schema ci --no-audit --no-fund
	npm --prefix e2e/schema test

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint-$(GOLANGCI_LINT) ## Format the code
	$< fmt

$(TOOLS)/golangci-lint-%:
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$*
	mv $(TOOLS)/golangci-lint $@

.PHONY: race
race: ## Run the Go tests under the race detector
	go test -race ./...

# A number of runs and not a time: at the end of that, Go 1.26 may fail for no reason (https://go.dev/issue/75804).
.PHONY: fuzz
fuzz: ## Fuzz every fuzz target for FUZZTIME (20000x, that many runs) each
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

.PHONY: timing
timing: build ## Measure whether a refused sign-in's time tells why it was refused
	$(ATTACK) -run Timing ./e2e/attack

.PHONY: flood
flood: build ## Measure what a flood of wrong passwords leaves for others, for FLOOD_TIME (60s) each
	FLOOD_TIME=$(FLOOD_TIME) $(ATTACK) -run Flood ./e2e/attack

.PHONY: hostile
hostile: build ## Measure how long requests that mean harm take to be refused, and their memory
	$(ATTACK) -run Hostile ./e2e/attack

.PHONY: rotation
rotation: build ## Rotate keys under load for ROTATION_TIME (60s): no request may fail
	ROTATION_TIME=$(ROTATION_TIME) $(ATTACK) -run Rotation ./e2e/attack

.PHONY: capacity
capacity: build ## Measure what each kind of operation costs, for CAPACITY_TIME (5s) each, and what a WebSocket does
	CAPACITY_TIME=$(CAPACITY_TIME) $(ATTACK) -run Capacity ./e2e/attack

.PHONY: faults
faults: build ## Break the program and its database under load: kill -9, restarts, pauses, full disks (see CONTRIBUTING.md)
	FAULTS_PAUSE=$(FAULTS_PAUSE) go test -tags faults -count 1 -timeout 30m -v ./e2e/faults

.PHONY: bench-import
bench-import: ## Import 100,000 products: rows a second, peak memory, and kill -9 half-way
	go test -run '^$$' -bench '^BenchmarkImport$$' -benchtime 1x -timeout 30m .

.PHONY: bench-catalog
bench-catalog: ## List and search 100,000 products: times of pages, near and deep, and how SQLite finds them
	go test -run '^$$' -bench '^BenchmarkCatalog$$' -benchtime 200x -timeout 30m ./internal/catalog

.PHONY: bench-interpreted
bench-interpreted: ## Ask for what no plan writes, and have gqlgen as it comes answer as well: ratios of their times
	go test -run '^$$' -bench '^BenchmarkInterpreted$$' -benchtime 1000x -timeout 30m ./graph

.PHONY: differential
differential: ## Ask DOCUMENTS (100000) random documents, and have plans and gqlgen answer: in the same bytes
	go test -count 1 -timeout 30m -v -run PlansAnswerAsGqlgenDoes ./graph -documents $(DOCUMENTS)

.PHONY: bench
bench: build bench/mercurius/node_modules/.package-lock.json ## Measure the program beside Go written by hand, Mercurius and SimpleJWT, BENCH_ROUNDS (5) times for BENCH_TIME (3s) each
	cd bench && go build -o ../.cache/bench/ . ./floor github.com/codesenberg/bombardier
	cp $(BIN) .cache/bench/gatehouse
	.cache/bench/bench -rounds $(BENCH_ROUNDS) -time $(BENCH_TIME) -only '$(value BENCH_ONLY)' \
		$(if $(BENCH_GROWTH),-growth) $(if $(GATEHOUSE_TEST_POSTGRES_URL),-postgres '$(GATEHOUSE_TEST_POSTGRES_URL)')

bench/mercurius/node_modules/.package-lock.json: bench/mercurius/package-lock.json
	npm --prefix bench/mercurius ci --no-audit --no-fund

.PHONY: check-generated
check-generated: ## Fail when generating again, twice, changes anything
	$(MAKE) generate
	git diff --exit-code
	$(MAKE) generate
	git diff --exit-code
	@test -z "$$(git status --porcelain)" || { git status --short; exit 1; }

.PHONY: clean
clean: ## Remove what was built (never data/)
	rm -rf bin dist .cache internal/playground/dist/assets $(PLAYGROUND)

.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
