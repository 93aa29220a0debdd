-- Who may touch what in a hub: everybody reads, nobody writes but replication.

REVOKE ALL ON ALL TABLES IN SCHEMA liskeban FROM PUBLIC;
GRANT USAGE ON SCHEMA liskeban, liskeban_report TO liskeban_admin, liskeban_analyst, liskeban_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA liskeban TO liskeban_admin, liskeban_backup;
GRANT SELECT ON liskeban.hub_status TO liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.kpi(date, date, text, timestamptz, liskeban.ticket_kind[]) TO liskeban_admin, liskeban_analyst;
GRANT EXECUTE ON FUNCTION liskeban.doctor(), liskeban._hub_findings() TO liskeban_admin;
