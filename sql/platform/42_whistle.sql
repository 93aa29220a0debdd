-- The ladder: whistles that carry a ticket up a rung, and the task forces that handle it there.

CREATE TABLE liskeban.whistle (
  whistle_id      bigint GENERATED ALWAYS AS IDENTITY (NO CYCLE) PRIMARY KEY,
  ticket_id       bigint NOT NULL,
  from_tier       liskeban.tier NOT NULL,
  to_tier         liskeban.tier NOT NULL,
  from_area       liskeban.area_code,
  from_department text,
  raised_by       text NOT NULL,
  reason          text NOT NULL,
  auto            boolean NOT NULL DEFAULT false,
  raised_at       timestamptz NOT NULL,
  sign_due        timestamptz NOT NULL,
  signed_at       timestamptz,
  signed_by       text,
  handle_due      timestamptz NOT NULL,
  ended_at        timestamptz,
  outcome         text,
  ended_by        text,
  answer          text,
  appeal_of       bigint REFERENCES liskeban.whistle,
  CONSTRAINT whistle_to_tier_check CHECK (to_tier > from_tier),
  CONSTRAINT whistle_reason_check CHECK (reason <> ''),
  CONSTRAINT whistle_outcome_check CHECK (outcome IN ('solved', 'handed_down', 'declined', 'overtaken')),
  CONSTRAINT whistle_ended_check CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX whistle_ticket_id_idx ON liskeban.whistle (ticket_id);
CREATE UNIQUE INDEX whistle_one_open ON liskeban.whistle (ticket_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX whistle_one_appeal ON liskeban.whistle (appeal_of) WHERE appeal_of IS NOT NULL;

CREATE TABLE liskeban.task_force (
  whistle_id bigint NOT NULL REFERENCES liskeban.whistle,
  role_name  text NOT NULL,
  role       text NOT NULL DEFAULT 'member',
  PRIMARY KEY (whistle_id, role_name),
  CONSTRAINT task_force_role_check CHECK (role IN ('leader', 'member'))
);
