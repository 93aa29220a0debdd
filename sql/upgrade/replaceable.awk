# What of the members' scripts (sql/NN_topic.sql) an update runs again: functions, procedures and aggregates, replaced, and
# comments. Types, operators and casts cannot be replaced: new ones stand in liskeban--A--B.sql. A function's rights are
# taken from PUBLIC only where it is new, for otherwise PostgreSQL would take what was granted since for the extension's
# own, and dumps would leave it out.

# A statement is kept line by line: the platform's scripts are one of 20,000.
function flush_statement(    i, rest, name)
{
	if (line_of[1] ~ /^CREATE (FUNCTION|PROCEDURE|AGGREGATE) /)
		sub(/^CREATE /, "CREATE OR REPLACE ", line_of[1])
	if (line_of[1] ~ /^(CREATE OR REPLACE (FUNCTION|PROCEDURE|AGGREGATE)|COMMENT) /) {
		for (i = 1; i <= lines; i++)
			print line_of[i]
	} else if (line_of[1] ~ /^REVOKE ALL ON (FUNCTION|PROCEDURE) /) {
		rest = line_of[1]
		for (i = 2; i <= lines; i++) {
			sub(/^ */, " ", line_of[i])
			rest = rest line_of[i]
		}
		while (match(rest, /liskeban\.[A-Za-z_]+\([^)]*\)/)) {
			name = substr(rest, RSTART, RLENGTH)
			rest = substr(rest, RSTART + RLENGTH)
			print "DO $revoke$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_proc AS p, pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a WHERE p.oid = '" name "'::pg_catalog.regprocedure AND a.grantee = 0) THEN REVOKE ALL ON ROUTINE " name " FROM PUBLIC; END IF; END $revoke$;"
		}
	}
}

{
	if (lines == 0) {
		if ($0 !~ /^[A-Z]/)
			next
		quote = ""
	}
	line_of[++lines] = $0
	# Within a dollar quote only the same tag ends it.
	line = $0
	while (match(line, /\$([A-Za-z_][A-Za-z0-9_]*)?\$/)) {
		tag = substr(line, RSTART, RLENGTH)
		line = substr(line, RSTART + (quote == "" || quote == tag ? RLENGTH : RLENGTH - 1))
		if (quote == "")
			quote = tag
		else if (quote == tag)
			quote = ""
	}
	if (quote == "" && $0 ~ /;[ \t]*$/) {
		flush_statement()
		lines = 0
	}
}
