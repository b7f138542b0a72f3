-- name: tickets_add(ref, client_id, room_id, contract_id, policy_hash, thread, root_ext, status, priority, rank, owner_id, opened_at, touched_at, version, events, due_at)$
INSERT INTO ticket (ref, client_id, room_id, contract_id, policy_hash, thread, root_ext, status, priority, rank,
                    owner_id, opened_at, touched_at, version, events, due_at)
VALUES (:ref, :client_id, :room_id, :contract_id, :policy_hash, :thread, :root_ext, :status, :priority, :rank,
        :owner_id, :opened_at, :touched_at, :version, :events, :due_at)
RETURNING id;

-- name: tickets_save(id, status, priority, rank, owner_id, touched_at, closed_at, level, cycle, version, events, due_at)!
UPDATE ticket SET status = :status, priority = :priority, rank = :rank, owner_id = :owner_id,
    touched_at = :touched_at, closed_at = :closed_at, level = :level, cycle = :cycle, version = :version,
    events = :events, due_at = :due_at
WHERE id = :id;

-- name: tickets_change_terms(id, policy_hash)!
UPDATE ticket SET policy_hash = :policy_hash WHERE id = :id;

-- name: tickets_open_under(policy, after, n)
SELECT t.id FROM ticket t JOIN policy p ON p.hash = t.policy_hash
WHERE t.status = 'open' AND p.id = :policy AND t.id > :after ORDER BY t.id LIMIT :n;

-- name: tickets_by_id(id)^
SELECT * FROM ticket WHERE id = :id;

-- name: tickets_by_ref(ref)^
SELECT * FROM ticket WHERE ref = :ref;

-- name: tickets_by_root(room_id, root_ext)^
SELECT * FROM ticket WHERE room_id = :room_id AND root_ext = :root_ext;

-- name: tickets_open_threads(room_id)
SELECT t.root_ext AS thread FROM ticket t WHERE t.room_id = :room_id AND t.status = 'open'
UNION
SELECT m.thread FROM ticket t JOIN message m ON m.ticket_id = t.id
WHERE t.room_id = :room_id AND t.status = 'open' AND m.room_id = t.room_id AND m.thread IS NOT NULL;

-- name: tickets_closed_threads(room_id, since, n)
SELECT COALESCE(thread, root_ext) AS thread FROM ticket
WHERE room_id = :room_id AND closed_at >= :since ORDER BY id DESC LIMIT :n;

-- name: tickets_by_thread(room_id, thread)^
SELECT * FROM ticket WHERE room_id = :room_id AND thread = :thread ORDER BY id DESC LIMIT 1;

-- name: tickets_open_in_room(room_id)
SELECT * FROM ticket WHERE room_id = :room_id AND status = 'open' ORDER BY touched_at DESC, id DESC LIMIT 50;

-- name: tickets_last_in_room(room_id)^
SELECT * FROM ticket WHERE room_id = :room_id ORDER BY id DESC LIMIT 1;

-- name: tickets_of_client(client_id, n)
SELECT * FROM ticket WHERE client_id = :client_id ORDER BY id DESC LIMIT :n;

-- name: tickets_open(n)
SELECT * FROM ticket WHERE status = 'open' ORDER BY due_at IS NULL, due_at, rank, id LIMIT :n;

-- name: tickets_open_of_client(client_id, n)
SELECT * FROM ticket WHERE client_id = :client_id AND status = 'open'
ORDER BY due_at IS NULL, due_at, rank, id LIMIT :n;

-- name: tickets_open_of_owner(owner_id, n)
SELECT * FROM ticket WHERE status = 'open' AND owner_id = :owner_id
ORDER BY due_at IS NULL, due_at, rank, id LIMIT :n;

-- name: tickets_idle(n)
-- Nothing is planned for them: no clock runs or stands still, no step and no question is open.
SELECT t.* FROM ticket t WHERE t.status = 'open'
  AND NOT EXISTS (SELECT 1 FROM clock c WHERE c.ticket_id = t.id AND c.state IN ('running', 'held'))
  AND NOT EXISTS (SELECT 1 FROM step s WHERE s.ticket_id = t.id AND s.state = 'open')
  AND NOT EXISTS (SELECT 1 FROM follow_up f WHERE f.ticket_id = t.id AND f.state = 'open')
ORDER BY t.due_at IS NULL, t.due_at, t.rank, t.id LIMIT :n;

-- name: tickets_without_owner(n)
-- CROSS JOIN keeps the order of the tables on SQLite: the open tickets first, by their index.
SELECT t.* FROM ticket t CROSS JOIN person p
WHERE t.status = 'open' AND p.id = t.owner_id AND p.active = 0 ORDER BY t.due_at, t.rank, t.id LIMIT :n;

-- name: tickets_closed_since(since, n)
SELECT * FROM ticket WHERE closed_at IS NOT NULL AND closed_at >= :since ORDER BY closed_at DESC LIMIT :n;

-- name: events_add(client_id, ticket_id, seq, kind, at, recorded_at, party, person_id, message_id, data)!
INSERT INTO event (client_id, ticket_id, seq, kind, at, recorded_at, party, person_id, message_id, data)
VALUES (:client_id, :ticket_id, :seq, :kind, :at, :recorded_at, :party, :person_id, :message_id, :data);

-- name: events_of_ticket(ticket_id)
SELECT seq, kind, at, recorded_at, party, person_id, message_id, data FROM event
WHERE ticket_id = :ticket_id ORDER BY seq;

-- name: events_last(ticket_id)^
SELECT seq, kind, at, recorded_at, party, person_id, message_id, data FROM event
WHERE ticket_id = :ticket_id ORDER BY at DESC, seq DESC LIMIT 1;

-- name: events_holding(room_id)
SELECT t.id FROM ticket t
WHERE t.room_id = :room_id AND t.status = 'open'
  AND EXISTS (SELECT 1 FROM event e WHERE e.ticket_id = t.id AND e.kind = 'held');

-- name: clocks_put(client_id, ticket_id, metric, cycle, kind, state, window_ms, started_at, objective_at, due_at, cap_at, held_since, missed_at, breached_at, fell_short_at, stopped_at, excluded)^
INSERT INTO clock (client_id, ticket_id, metric, cycle, kind, state, window_ms, started_at, objective_at, due_at,
                   cap_at, held_since, missed_at, breached_at, fell_short_at, stopped_at, excluded)
VALUES (:client_id, :ticket_id, :metric, :cycle, :kind, :state, :window_ms, :started_at, :objective_at, :due_at,
        :cap_at, :held_since, :missed_at, :breached_at, :fell_short_at, :stopped_at, :excluded)
ON CONFLICT (ticket_id, metric, cycle) DO UPDATE SET kind = excluded.kind, state = excluded.state,
    window_ms = excluded.window_ms, started_at = excluded.started_at, objective_at = excluded.objective_at,
    due_at = excluded.due_at, cap_at = excluded.cap_at, held_since = excluded.held_since,
    missed_at = excluded.missed_at, breached_at = excluded.breached_at, fell_short_at = excluded.fell_short_at,
    stopped_at = excluded.stopped_at, excluded = excluded.excluded
RETURNING id;

-- name: clocks_cancel(id)!
UPDATE clock SET state = 'cancelled', held_since = NULL WHERE id = :id AND state <> 'cancelled';

-- name: clocks_is_live(id)$
SELECT COUNT(*) FROM clock WHERE id = :id AND state IN ('running', 'held');

-- name: clocks_of_ticket(ticket_id)
SELECT * FROM clock WHERE ticket_id = :ticket_id ORDER BY id;

-- name: clocks_ended(since, until, n)
SELECT c.*, t.ref, t.client_id AS owner_client FROM clock c JOIN ticket t ON t.id = c.ticket_id
WHERE c.started_at >= :since AND c.started_at < :until ORDER BY c.started_at LIMIT :n;

-- name: clocks_promised(since, until, n)
SELECT ticket_id, MIN(started_at) AS first_at FROM clock
WHERE metric = 'ETA_KEPT' AND started_at >= :since AND started_at < :until
GROUP BY ticket_id ORDER BY first_at, ticket_id LIMIT :n;

-- name: steps_add(client_id, ticket_id, clock_id, cycle, kind, n, version, due_at, rule, role)*!
INSERT INTO step (client_id, ticket_id, clock_id, cycle, kind, n, version, due_at, wake_at, rule, role, state)
VALUES (:client_id, :ticket_id, :clock_id, :cycle, :kind, :n, :version, :due_at, :due_at, :rule, :role, 'open')
ON CONFLICT (clock_id, kind, n, version) DO NOTHING;

-- name: steps_cancel_open(ticket_id, reason, now)!
UPDATE step SET state = 'cancelled', reason = :reason, fired_at = :now WHERE ticket_id = :ticket_id AND state = 'open';

-- name: steps_due(now, n)
SELECT * FROM step WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n;

-- name: steps_overdue(late)$
-- What waits for the end of quiet hours has not failed: it counts from when it is to be looked at.
SELECT (SELECT COUNT(*) FROM step WHERE state = 'open' AND wake_at <= :late AND attempts = 0)
    + (SELECT COUNT(*) FROM step WHERE state = 'open' AND attempts > 0 AND due_at <= :late);

-- name: steps_next()^
SELECT wake_at FROM step WHERE state = 'open' ORDER BY wake_at, id LIMIT 1;

-- name: steps_coming(ticket_id)
SELECT due_at, n FROM step WHERE ticket_id = :ticket_id AND state = 'open' AND kind = 'escalate' ORDER BY due_at, id;

-- name: steps_end(id, state, reason, now)!
UPDATE step SET state = :state, reason = :reason, fired_at = :now WHERE id = :id AND state = 'open';

-- name: steps_push_on(id, wake_at, reason)!
UPDATE step SET wake_at = :wake_at, attempts = attempts + 1, reason = :reason WHERE id = :id AND state = 'open';

-- name: steps_plan_client(key)!
INSERT INTO to_plan (ticket_id)
SELECT t.id FROM ticket t JOIN client c ON c.id = t.client_id WHERE t.status = 'open' AND c.key = :key
ON CONFLICT DO NOTHING;

-- name: steps_plan_owner(key)!
INSERT INTO to_plan (ticket_id)
SELECT t.id FROM ticket t JOIN person p ON p.id = t.owner_id WHERE t.status = 'open' AND p.key = :key
ON CONFLICT DO NOTHING;

-- name: steps_plan_progress()!
INSERT INTO to_plan (ticket_id)
SELECT ticket_id FROM clock WHERE due_at > 0 AND state IN ('running', 'held') AND metric = 'PROGRESS'
ON CONFLICT DO NOTHING;

-- name: steps_to_plan(n)
SELECT ticket_id FROM to_plan ORDER BY ticket_id LIMIT :n;

-- name: steps_planned(ticket_id)!
DELETE FROM to_plan WHERE ticket_id = :ticket_id;

-- name: steps_wait(id, wake_at, reason)!
UPDATE step SET wake_at = :wake_at, reason = :reason WHERE id = :id AND state = 'open';

-- name: steps_of_ticket(ticket_id)
-- By way of the clocks, which are indexed by ticket; CROSS JOIN keeps that order on SQLite.
SELECT s.*, c.metric FROM clock c CROSS JOIN step s
WHERE c.ticket_id = :ticket_id AND s.clock_id = c.id ORDER BY s.due_at, s.id;

-- name: steps_orphans(n)
SELECT c.id, c.ticket_id FROM clock c
WHERE c.state IN ('running', 'held') AND c.state = 'running'
  AND COALESCE(c.due_at, c.objective_at) IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM step s WHERE s.clock_id = c.id AND s.state = 'open') LIMIT :n;

-- name: keyboards_add(id, client_id, room_id, room_client_id, ticket_id, commands, now)!
INSERT INTO keyboard (id, client_id, room_id, room_client_id, ticket_id, commands, created_at)
VALUES (:id, :client_id, :room_id, :room_client_id, :ticket_id, :commands, :now);

-- name: keyboards_get(id, room_id)^
SELECT ticket_id, commands FROM keyboard WHERE id = :id AND room_id = :room_id;

-- name: keyboards_commands(id)$
SELECT commands FROM keyboard WHERE id = :id;

-- name: keyboards_pressed(id, now)!
UPDATE keyboard SET pressed_at = COALESCE(pressed_at, :now) WHERE id = :id;
