# Every target installs what it lacks by itself: Debian packages with apt-get,
# as root or through sudo. Go is taken for granted.

SHELL       := /bin/sh
export PATH := $(PATH):/usr/local/go/bin
GO          ?= go

# How long one fuzz target runs, and which ones.
FUZZTIME ?= 30s
FUZZ     ?= .

# What to compare with, and which benchmarks.
BASE  ?= HEAD
BENCH ?= .

# How long to soak.
SOAK ?= 5m

GOLANGCI_LINT_VERSION := v2.15.0

.DEFAULT_GOAL := help

.PHONY: help
help: ## say what the targets are
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: install-build install-test install-suites install-bench
install-build:
	@testdata/tools/install.sh build
install-test:
	@testdata/tools/install.sh build test suites
install-suites:
	@testdata/tools/install.sh build suites

install-bench:
	@testdata/tools/install.sh build test bench

.PHONY: build
build: install-build ## build bin/broker
	$(GO) build -o bin/broker ./cmd/broker

PREFIX ?= /usr/local

.PHONY: install
install: build ## install the program, its manual pages and completions below PREFIX (/usr/local)
	install -D -m 755 bin/broker '$(DESTDIR)$(PREFIX)/bin/broker'
	for page in cmd/broker/man/*; do \
		install -D -m 644 "$$page" "$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}" || exit; done
	for shell in bash zsh fish; do \
		bin/broker completion $$shell >bin/completion.$$shell || exit; done
	install -D -m 644 bin/completion.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/broker'
	install -D -m 644 bin/completion.zsh '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_broker'
	install -D -m 644 bin/completion.fish '$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/broker.fish'

.PHONY: demo
demo: install-build ## run a program under an example policy
	@$(GO) build -o bin/broker ./cmd/broker
	@testdata/demo/demo.sh bin/broker

.PHONY: test
test: install-test ## vet, then the whole suite, as root and as an ordinary user
	@testdata/tools/test.sh

.PHONY: escape
escape: install-build ## try every known way out, natively and under the broker; print the table
	$(GO) run ./testdata/tools/escapes

.PHONY: bench
bench: install-build ## measure single calls: native, the least a supervisor costs, broker
	$(GO) run ./bench

.PHONY: bench-guard
bench-guard: install-build ## the same against bench/budget.hcl; fails when a call costs too much
	$(GO) run ./bench guard

.PHONY: bench-compare
bench-compare: install-build ## Go benchmarks of revision BASE and of this tree; BENCH=regexp chooses
	@BENCH='$(BENCH)' testdata/tools/compare.sh '$(BASE)'

.PHONY: bench-profile
bench-profile: ## where the broker spends its time, in the kernel too; writes bench.prof
	@testdata/tools/install.sh build bench
	$(GO) run ./bench profile

.PHONY: transparency
transparency: install-suites ## compare test suites of others, native and under the broker
	$(GO) run ./testdata/tools/transparency -o TRANSPARENCY.md

.PHONY: bench-programs
bench-programs: install-bench ## measure whole programs, and compare what they do
	$(GO) run ./bench programs

.PHONY: bench-scale
bench-scale: install-build ## measure more rules, longer paths, more programs at once; remake the plots
	$(GO) run ./bench scale -json bench/plots/scale.json
	$(GO) run ./bench plots

.PHONY: bench-plots
bench-plots: install-build ## make the plots of what bench-scale has measured
	$(GO) run ./bench plots

.PHONY: soak
soak: install-build ## mixed load for SOAK (5m): no leak, no wrong result
	SOAK='$(SOAK)' $(GO) test ./broker -run '^TestSoak$$' -count=1 -v -timeout 0

.PHONY: life
life: install-test ## learn from every program, enforce what was learned; writes LIFE.md
	BROKER_TEST_LIFE=1 $(GO) test ./cmd/broker -run '^TestLife$$' -count=1 -timeout 30m -update

.PHONY: fuzz
fuzz: install-build ## run every fuzz target for FUZZTIME (30s); FUZZ=regexp chooses
	@GO='$(GO)' testdata/tools/fuzz.sh '$(FUZZ)' '$(FUZZTIME)'

.PHONY: lint
lint: install-build ## gofmt, go vet and golangci-lint
	@test -z "$$(gofmt -l $$(find . -name '*.go' -not -path './.*'))" || { gofmt -d $$(find . -name '*.go' -not -path './.*'); exit 1; }
	$(GO) vet ./... ./testdata/tools/...
	@bin/golangci-lint version 2>/dev/null | grep -qF '$(GOLANGCI_LINT_VERSION:v%=%)' || \
		GOBIN='$(CURDIR)/bin' $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	bin/golangci-lint run ./...

.PHONY: clean
clean: ## remove what was built
	rm -rf bin
