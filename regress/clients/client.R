# RPostgreSQL: parameters are text, so that a jsonb or an area_code needs no cast. An error is R's own, with the message but
# without SQLSTATE; a DO block that catches it brings that.
suppressPackageStartupMessages(library(RPostgreSQL))
connect <- function(user) dbConnect(PostgreSQL(), user = user, dbname = Sys.getenv("PGDATABASE"), host = Sys.getenv("PGHOST"), port = Sys.getenv("PGPORT"))
app <- connect("app")
bi <- connect("bi")
payload <- '{"source": "hotline_12345", "external_id": "A-1", "category": "home_leak", "title": "楼上漏水", "lon": 119.02, "lat": 31.02, "reporter_phone": "13800000000"}'
say <- function(...) cat(..., sep = " ", fill = 1000)
one <- function(on, ...) dbGetQuery(on, ...)[1, ]

# Evaluates what is given in one transaction for somebody.
acting <- function(identity, given) {
  dbGetQuery(app, "BEGIN")
  if (!is.na(identity)) dbGetQuery(app, "SELECT 1 FROM liskeban.act_as($1, true)", identity)
  force(given)
  invisible(dbGetQuery(app, "COMMIT"))
}

refused <- function(identity, statement) acting(identity, {
  dbGetQuery(app, sprintf("DO $do$ BEGIN PERFORM %s; EXCEPTION WHEN OTHERS THEN PERFORM set_config('app.sqlstate', SQLSTATE, true); END $do$", statement))
  sqlstate <<- one(app, "SELECT current_setting('app.sqlstate')")
})

acting("hall", {
  s <- one(app, "SELECT ticket_id, outcome FROM liskeban.submit($1)", payload)
  say("submit", s$outcome)
  say("again", one(app, "SELECT outcome FROM liskeban.submit($1)", payload))
})
# bigint is a double here, which holds a ticket's number to the last digit
ticket <- format(s$ticket_id, scientific = FALSE)
stopifnot(ticket == "320117000000001", s$ticket_id + 1 - s$ticket_id == 1)
acting("desk", {
  say("accept", one(app, "SELECT liskeban.accept($1)", ticket))
  say("dispatch", one(app, "SELECT liskeban.dispatch($1, $2)", c(ticket, "320117001001")))
  t <- one(app, "SELECT resolve_due AT TIME ZONE 'UTC' AS due, responsible_area::text AS area FROM liskeban.ticket WHERE ticket_id = $1", ticket)
  stopifnot(t$area == "320117001001")
  say("due", format(t$due, "%Y-%m-%dT%H:%M:%SZ"))
})
acting("zhang", {
  say("arrive", one(app, "SELECT liskeban.arrive($1, $2, ST_SetSRID(ST_MakePoint($3, $4), 4490))", c(ticket, "gps", 119.02, 31.02)))
  say("resolve", one(app, "SELECT liskeban.resolve($1, $2, reply => $3)", c(ticket, "换了水管", "已修好")))
})
refused("desk", paste0("liskeban.accept(", ticket, ")"))
say("twice", sqlstate)
refused("li", paste0("liskeban.arrive(", ticket, ")"))
say("stranger", sqlstate)
refused(NA, sprintf("liskeban.submit('%s')", payload))
say("nobody", sqlstate)
suppressWarnings(invisible(try(dbGetQuery(app, "SELECT liskeban.submit($1)", payload), silent = TRUE)))
stopifnot(grepl('"app" reports for no source', dbGetException(app)$errorMsg))

say("events", paste(dbGetQuery(bi, "SELECT to_state FROM liskeban_report.event WHERE ticket_id = $1 ORDER BY seq", ticket)$to_state, collapse = ","))
k <- one(bi, "SELECT * FROM liskeban.kpi($1, $2, 'district', kinds => $3)", c("2024-10-28", "2024-10-28", "{demand,service}"))
say("kpi", k$key, k$name, k$received, k$completion_num, format(k$completion, nsmall = 1))
t <- one(bi, "SELECT category_name, village_name, state, received_day, received_at FROM liskeban_report.ticket")
stopifnot(inherits(t$received_day, "Date"), inherits(t$received_at, "POSIXct"))
say("ticket", t$category_name, t$village_name, t$state, format(t$received_day))

# every view comes as a data frame; what R does not know, it warns of and gives as text
for (view in dbGetQuery(bi, "SELECT table_name FROM information_schema.views WHERE table_schema = 'liskeban_report'")$table_name) {
  stopifnot(is.data.frame(suppressWarnings(dbGetQuery(bi, sprintf('SELECT * FROM liskeban_report."%s" LIMIT 10', view)))))
}
