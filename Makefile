# liskeban: a PGXS extension (extension/, sql/), its batch programs (jobs/) and its tests (regress/).
#
#   make                build the library, the install script and the programs
#   make install        as any extension
#   make update-po      bring new messages into extension/po/*.po, to be translated there
#   make demo           the sample district in a private cluster under .demo/; make demo-stop ends it; FULL=1 plays ten
#                       months at SHARE (1) of the article's volume, as SEED (0) draws them, and prints the article's table (FROM=2024-09-14 DAYS=4 some days)
#   make check          dependencies, a strict build, every test against throw-away clusters
#   make bench          speed, as ratios against baselines of the same run; ROWS="tickets locate", SCALE=..., RUNS=... as regress/bench/bench says
#   make bench-rooms    the same of what the rooms cost beside plain statements (regress/bench/rooms)
#   make torture        faults under load, for TORTURE_SECONDS (600), as TORTURE_SEED (1) draws them
#   make fuzz           the C parsers under libFuzzer, FUZZ_SECONDS (60) each
#   make check-hard     the pg_regress set under sanitizers, assertions, lost caches, valgrind and on PostgreSQL 17; HARD_ROOMS="asan trixie" for some
#   make check-clients  psql, psycopg, SQLAlchemy, node-postgres, JDBC, ODBC, R, LibreOffice, PostGraphile, pgbouncer, each through the same morning; CLIENTS="jdbc odbc" for some
#   make check-operate  what an operator reads, scraped by a prometheus-postgres-exporter that it brings
#   make federation     districts, a hub, crashes, a replica: that figures add up, and how long it takes
#   make docs           sql/REFERENCE.md, from the comments of the catalog
#   make dist           .dist/liskeban-VERSION.zip of what is committed, as PGXN takes it
#   make format         the C sources as pgindent has them (regress/format; -n only shows what would change)
#   make lint           cppcheck and clang-tidy over extension/ and jobs/; plpgsql_check and the linter of the catalog are in make check
#   make coverage       how many lines of extension/ the tests run (regress/coverage)
#   make bench-signals  what the signals find in a made year, beside R's farringtonFlexible where R is installed

EXTENSION = liskeban
LISKEBAN_VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" liskeban.control)

MODULE_big = liskeban
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard extension/*.c)))
OWN_HEADERS = $(wildcard extension/*.h)

EXTENSION_SQL = sql/liskeban--$(LISKEBAN_VERSION).sql
MEMBER_SQL = $(sort $(wildcard sql/[0-9]*.sql))
PLATFORM_SQL = $(sort $(wildcard sql/platform/*.sql)) $(sort $(wildcard sql/seed/*.sql)) $(sort $(wildcard sql/hub/*.sql))
# Released versions, whose scripts never change, and a way from each of them to this one.
RELEASED_SQL = $(filter-out %/$(notdir $(EXTENSION_SQL)),$(wildcard sql/upgrade/released/liskeban--*.sql))
UPDATE_SQL = $(patsubst sql/upgrade/released/%.sql,sql/%--$(LISKEBAN_VERSION).sql,$(RELEASED_SQL))
DELTA_SQL = $(wildcard sql/upgrade/platform--*.sql sql/upgrade/rows--*.sql)
DATA = $(RELEASED_SQL)
DATA_built = $(EXTENSION_SQL) $(UPDATE_SQL)

JOBS = jobs/liskeban_load jobs/liskeban_report jobs/liskeban_archive

REGRESS = $(patsubst regress/sql/%.sql,%,$(sort $(wildcard regress/sql/*.sql)))
REGRESS_OPTS = --inputdir=regress --encoding=UTF8
ISOLATION = $(patsubst regress/specs/%.spec,%,$(sort $(wildcard regress/specs/*.spec)))
ISOLATION_OPTS = --inputdir=regress --encoding=UTF8

EXTRA_CLEAN = $(wildcard extension/po/*.mo) extension/po/liskeban.pot $(EXTENSION_SQL) $(UPDATE_SQL) sql/platform_scripts.sql $(JOBS) $(wildcard jobs/*.o) regress/results regress/output_iso .check .bench .federation .fuzz .check-hard .clients .coverage .dist

PG_CONFIG ?= pg_config

# Our own goals need no PGXS: they bring what is missing, then build by calling make again.
OWN_GOALS = deps check check-hard check-clients check-operate torture fuzz demo demo-stop bench bench-rooms bench-signals federation docs coverage dist lint format
ifneq ($(filter-out $(OWN_GOALS),$(or $(MAKECMDGOALS),all)),)

SHLIB_LINK = -lcrypto
PG_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -std=gnu99
# System headers keep their own warnings to themselves.
PG_CPPFLAGS = -isystem $(shell $(PG_CONFIG) --includedir-server) -include extension/textdomain.h
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

all: $(JOBS)

# One catalog a language for the library and the programs, named as PG_TEXTDOMAIN has it. PGXS's own rules would want nls.mk
# and po/ at the top.
PO_FILES = $(wildcard extension/po/*.po)
TEXTDOMAIN = liskeban-$(MAJORVERSION)
ifeq ($(enable_nls),yes)
all: $(PO_FILES:.po=.mo)
install: install-po
endif
%.mo: %.po
	$(MSGFMT) $(MSGFMT_FLAGS) -o $@ $<
.PHONY: install-po update-po uninstall-po
install-po: $(PO_FILES:.po=.mo)
	for l in $(basename $(notdir $(PO_FILES))); do \
	  $(MKDIR_P) '$(DESTDIR)$(localedir)'/$$l/LC_MESSAGES && \
	  $(INSTALL_DATA) extension/po/$$l.mo '$(DESTDIR)$(localedir)'/$$l/LC_MESSAGES/$(TEXTDOMAIN).mo || exit 1; done
uninstall: uninstall-po
uninstall-po:
	rm -f $(foreach l,$(basename $(notdir $(PO_FILES))),'$(DESTDIR)$(localedir)'/$(l)/LC_MESSAGES/$(TEXTDOMAIN).mo)
# What was added to the sources goes into each catalog, untranslated; regress/t/200_messages.pl fails until it is translated.
update-po:
	extension/po/template >extension/po/liskeban.pot
	for po in $(PO_FILES); do msgmerge -q --update --backup=none --no-fuzzy-matching --no-location --sort-output --no-wrap $$po extension/po/liskeban.pot || exit 1; \
	  msgattrib --no-obsolete --no-location --sort-output --no-wrap -o $$po $$po || exit 1; done

$(OBJS): $(OWN_HEADERS)

# The platform's own scripts, each quoted as a row, for create_platform() and upgrade_platform() to run.
PLATFORM_SCRIPTS = sql/platform_scripts.sql
$(PLATFORM_SCRIPTS): $(PLATFORM_SQL) $(DELTA_SQL) Makefile
	@{ echo "CREATE FUNCTION liskeban._platform_scripts(OUT topic text, OUT script text) RETURNS SETOF record"; \
	   echo "LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS \$$_scripts\$$ VALUES"; \
	   sep=" "; for f in $(PLATFORM_SQL) $(DELTA_SQL); do \
	     t=$${f#sql/}; t=$${t%.sql}; q="\$$_$$(basename $$t | tr -d '.-')\$$"; \
	     echo "$$sep('$$t', $$q"; cat $$f; echo "$$q)"; sep=","; done; \
	   echo "\$$_scripts\$$;"; \
	   echo "COMMENT ON FUNCTION liskeban._platform_scripts() IS 'the scripts under sql/platform and sql/seed in the order create_platform() runs them, those under sql/hub that create_hub() runs, and the deltas of upgrade_platform()';"; \
	   echo "REVOKE ALL ON FUNCTION liskeban._platform_scripts() FROM PUBLIC;"; } > $@.tmp
	@mv $@.tmp $@

$(EXTENSION_SQL): $(MEMBER_SQL) $(PLATFORM_SCRIPTS) liskeban.control
	@{ for f in $(MEMBER_SQL) $(PLATFORM_SCRIPTS); do echo "-- $$f"; cat $$f; echo; done; } > $@.tmp
	@mv $@.tmp $@

# From a released version to this one: what was written for each step between them, then all that can be replaced.
sql/liskeban--%--$(LISKEBAN_VERSION).sql: $(MEMBER_SQL) $(PLATFORM_SCRIPTS) sql/upgrade/replaceable.awk $(wildcard sql/upgrade/liskeban--*--*.sql) liskeban.control
	@steps=$$(ls sql/upgrade/liskeban--*--*.sql | sort -V | sed -n '/liskeban--$*--/,$$p'); \
	 case $$steps in *--$(LISKEBAN_VERSION).sql) ;; *) echo "sql/upgrade has no steps from $* to $(LISKEBAN_VERSION)" >&2; exit 1;; esac; \
	 { printf '%s\n' '\echo Use "ALTER EXTENSION liskeban UPDATE" to load this file. \quit'; cat $$steps; \
	   cat $(filter-out sql/00_%,$(MEMBER_SQL)) $(PLATFORM_SCRIPTS) | awk -f sql/upgrade/replaceable.awk; } > $@.tmp
	@mv $@.tmp $@

jobs/%.o: jobs/%.c $(wildcard jobs/*.h)
	$(CC) $(CFLAGS) $(PG_CFLAGS) -I$(shell $(PG_CONFIG) --includedir) -DLISKEBAN_VERSION='"$(LISKEBAN_VERSION)"' \
	  -DJOB_TEXTDOMAIN='"$(TEXTDOMAIN)"' -DJOB_LOCALEDIR='"$(localedir)"' -c -o $@ $<

jobs/liskeban_load: jobs/liskeban_load.o jobs/job_common.o jobs/record_reader.o
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(libpq) -lz

jobs/liskeban_report: jobs/liskeban_report.o jobs/report_data.o jobs/report_page.o jobs/report_chart.o jobs/report_export.o jobs/job_common.o
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(libpq) -lm

jobs/liskeban_archive: jobs/liskeban_archive.o jobs/archive_file.o jobs/archive_verify.o jobs/job_common.o
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(libpq) -lz -lcrypto

install: install-jobs
.PHONY: install-jobs
install-jobs: $(JOBS)
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
	$(INSTALL_PROGRAM) $(JOBS) '$(DESTDIR)$(bindir)/'
	$(MKDIR_P) '$(DESTDIR)$(datadir)/liskeban'
	$(INSTALL_DATA) jobs/prometheus/liskeban.yaml $(wildcard jobs/systemd/*.timer) '$(DESTDIR)$(datadir)/liskeban/'
	for unit in $(notdir $(basename $(wildcard jobs/systemd/*.in))); do \
	  sed 's|@bindir@|$(bindir)|' "jobs/systemd/$$unit.in" >'$(DESTDIR)$(datadir)/liskeban/'"$$unit" || exit 1; done

else
.PHONY: check check-hard check-clients check-operate torture fuzz demo demo-stop bench bench-rooms bench-signals federation docs coverage dist lint format
check: deps
	@$(MAKE) --no-print-directory all
	@PG_CONFIG=$(PG_CONFIG) regress/check
torture: deps
	@$(MAKE) --no-print-directory all
	@PG_CONFIG=$(PG_CONFIG) TORTURE_SECONDS=$(TORTURE_SECONDS) TORTURE_SEED=$(TORTURE_SEED) regress/torture
check-hard: DEBIAN_PACKAGES += valgrind debootstrap libicu-dev libxml2-dev
check-hard: deps
	@PG_CONFIG=$(PG_CONFIG) regress/hard/hard $(HARD_ROOMS)
# A client that cannot be installed is skipped.
CLIENT_PACKAGES = python3-psycopg2 python3-sqlalchemy python3-geoalchemy2 default-jdk-headless libpostgresql-jdbc-java \
	unixodbc odbc-postgresql python3-pyodbc r-cran-rpostgresql libreoffice-sdbc-postgresql libreoffice-base-drivers python3-uno pgbouncer $(if $(shell command -v npm),,nodejs npm)
check-clients: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory deps DEBIAN_PACKAGES="$(CLIENT_PACKAGES)" || for p in $(CLIENT_PACKAGES); do \
	   $(MAKE) --no-print-directory deps DEBIAN_PACKAGES=$$p || echo "$$p could not be installed"; done
	@PG_CONFIG=$(PG_CONFIG) regress/clients/clients $(CLIENTS)
check-operate: deps
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory deps DEBIAN_PACKAGES="prometheus-postgres-exporter systemd" || echo "the exporter could not be installed"
	@PG_CONFIG=$(PG_CONFIG) regress/check regress/t/005_cron.pl regress/t/200_operate.pl
docs: deps
	@$(MAKE) --no-print-directory all
	@if [ -w "$$($(PG_CONFIG) --pkglibdir)" ]; then $(MAKE) -s --no-print-directory install; else sudo $(MAKE) -s --no-print-directory install PG_CONFIG=$(PG_CONFIG); fi
	@PG_CONFIG=$(PG_CONFIG) sql/reference
# PGXN wants META.json at the top of the archive, the tree does not.
dist:
	@mkdir -p .dist
	@git archive --format=zip --prefix=liskeban-$(LISKEBAN_VERSION)/ --add-file=extension/META.json -o .dist/liskeban-$(LISKEBAN_VERSION).zip HEAD
	@echo .dist/liskeban-$(LISKEBAN_VERSION).zip
format: DEBIAN_PACKAGES += clang-format
format: deps
	@regress/format
lint: DEBIAN_PACKAGES += cppcheck clang clang-tidy
lint: deps
	@cppcheck -q -j2 --std=c99 --enable=warning,portability --inline-suppr --error-exitcode=1 \
	   --suppress=unknownMacro --suppress=nullPointerArithmeticRedundantCheck --suppress=missingIncludeSystem extension jobs
	@clang-tidy --quiet --warnings-as-errors='*' --checks='-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions,-bugprone-assignment-in-if-condition,-bugprone-reserved-identifier,-bugprone-macro-parentheses,-bugprone-branch-clone,-bugprone-implicit-widening-of-multiplication-result,-bugprone-too-small-loop-variable' \
	   extension/*.c -- -std=gnu99 -include extension/textdomain.h -isystem $$($(PG_CONFIG) --includedir-server) -isystem /usr/include/libxml2
	@echo "nothing found"
coverage: deps
	@PG_CONFIG=$(PG_CONFIG) regress/coverage $(TESTS)
fuzz: DEBIAN_PACKAGES += clang libclang-rt-14-dev
fuzz: deps
	@PG_CONFIG=$(PG_CONFIG) regress/fuzz/fuzz
demo: deps
	@$(MAKE) --no-print-directory all
	@PG_CONFIG=$(PG_CONFIG) FULL=$(FULL) SHARE=$(or $(SHARE),1) SEED=$(or $(SEED),0) FROM=$(or $(FROM),2024-01-01) DAYS=$(or $(DAYS),305) jobs/demo/demo start
demo-stop:
	@PG_CONFIG=$(PG_CONFIG) jobs/demo/demo stop
bench: deps
	@$(MAKE) --no-print-directory all
	@PG_CONFIG=$(PG_CONFIG) regress/bench/bench
bench-rooms: deps
	@$(MAKE) --no-print-directory all
	@PG_CONFIG=$(PG_CONFIG) GROUP=rooms regress/bench/bench
bench-signals: deps
	@$(MAKE) --no-print-directory all
	@PG_CONFIG=$(PG_CONFIG) regress/bench/signals
federation: DEBIAN_PACKAGES += pgbouncer
federation: deps
	@$(MAKE) --no-print-directory all
	@PG_CONFIG=$(PG_CONFIG) regress/federation/federation
endif

# What Debian 12 must bring. Asks no mirror when all of it is there.
DEBIAN_PACKAGES = gcc make postgresql-15 postgresql-server-dev-15 postgresql-15-postgis-3 postgresql-15-cron postgresql-15-plpgsql-check \
	libpq-dev zlib1g-dev libssl-dev libipc-run-perl gettext locales
.PHONY: deps
deps:
	@if command -v dpkg-query >/dev/null; then missing=; for p in $(DEBIAN_PACKAGES); do \
	   dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; done; \
	 if [ -n "$$missing" ]; then echo "installing:$$missing"; \
	   if [ $$(id -u) = 0 ]; then sudo=; else sudo="sudo --preserve-env=DEBIAN_FRONTEND"; fi; \
	   export DEBIAN_FRONTEND=noninteractive; \
	   $$sudo apt-get update -q && $$sudo apt-get install -q -y --no-install-recommends $$missing; fi; fi
