-- Members, 0.1.0 to 0.2.0: types, operators and casts that are new, functions that are gone. Functions that are new or
-- changed come from sql/NN_topic.sql.

CREATE TYPE liskeban._ticket_day AS (
  day           date,
  received      integer,
  accepted      integer,
  dispatched    integer,
  redispatched  integer,
  returned      integer,
  suspended     integer,
  resolved      integer,
  resolved_late integer,
  reworked      integer,
  closed        integer,
  reopened      integer,
  rejected      integer,
  withdrawn     integer,
  merged        integer,
  unmerged      integer,
  opened        integer,
  ended         integer,
  overdue       integer,
  open_1        integer,
  open_3        integer,
  open_7        integer,
  open_30       integer,
  open_over_30  integer
);

CREATE TYPE liskeban._ticket_days AS (
  area     text,
  category text,
  source   text,
  kind     text,
  days     liskeban._ticket_day[]
);

CREATE TYPE liskeban._day_change AS (
  day           date,
  area          liskeban.area_code,
  category      text,
  source        text,
  kind          liskeban.ticket_kind,
  received      integer,
  accepted      integer,
  dispatched    integer,
  redispatched  integer,
  returned      integer,
  suspended     integer,
  resolved      integer,
  resolved_late integer,
  reworked      integer,
  closed        integer,
  reopened      integer,
  rejected      integer,
  withdrawn     integer,
  merged        integer,
  unmerged      integer,
  opened        integer,
  ended         integer,
  overdue       integer,
  open_1        integer,
  open_3        integer,
  open_7        integer,
  open_30       integer,
  open_over_30  integer
);
