-- What acting on due steps needs to read of the tickets whose steps have waited longest; all three ask for the same
-- tickets. Of steps that is what is due and, later, what will call somebody in.

-- name: due_steps(now, n)
SELECT s.*, c.metric FROM step s JOIN clock c ON c.id = s.clock_id
WHERE s.ticket_id IN (
    SELECT ticket_id FROM step WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n)
  AND s.state = 'open' AND (s.wake_at <= :now OR s.kind = 'escalate') ORDER BY s.due_at, s.id;

-- name: due_tickets(now, n)
SELECT * FROM ticket WHERE id IN (
    SELECT ticket_id FROM step WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n);

-- name: due_events(now, n)
SELECT ticket_id, seq, kind, at, recorded_at, party, person_id, message_id, data FROM event
WHERE ticket_id IN (
    SELECT ticket_id FROM step WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n)
ORDER BY ticket_id, seq;

-- name: due_steps_of_ticket(ticket_id, now)
SELECT s.*, c.metric FROM step s JOIN clock c ON c.id = s.clock_id
WHERE s.ticket_id = :ticket_id AND s.state = 'open' AND (s.wake_at <= :now OR s.kind = 'escalate')
ORDER BY s.due_at, s.id;
