-- What acting on due steps needs to read of the tickets whose steps have waited longest; all three ask for the same
-- tickets. Each step that is due brings the next one that will call somebody in.

-- name: due_steps(now, n)
SELECT s.*, c.metric, e.due_at AS calls_at, e.n AS calls_level
FROM step s JOIN clock c ON c.id = s.clock_id
LEFT JOIN step e ON e.id = (
    SELECT f.id FROM step f
    WHERE f.ticket_id = s.ticket_id AND f.state = 'open' AND f.kind = 'escalate' AND f.wake_at > :now
      AND f.due_at > s.due_at
    ORDER BY f.due_at, f.id LIMIT 1)
WHERE s.ticket_id IN (
    SELECT ticket_id FROM step WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n)
  AND s.state = 'open' AND s.wake_at <= :now ORDER BY s.due_at, s.id;

-- name: due_tickets(now, n)
SELECT * FROM ticket WHERE id IN (
    SELECT ticket_id FROM step WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n);

-- name: due_events(now, n)
SELECT ticket_id, seq, kind, at, recorded_at, party, person_id, message_id, data FROM event
WHERE ticket_id IN (
    SELECT ticket_id FROM step WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n)
ORDER BY ticket_id, seq;

-- name: due_steps_of_ticket(ticket_id, now)
SELECT s.*, c.metric, e.due_at AS calls_at, e.n AS calls_level
FROM step s JOIN clock c ON c.id = s.clock_id
LEFT JOIN step e ON e.id = (
    SELECT f.id FROM step f
    WHERE f.ticket_id = s.ticket_id AND f.state = 'open' AND f.kind = 'escalate' AND f.wake_at > :now
      AND f.due_at > s.due_at
    ORDER BY f.due_at, f.id LIMIT 1)
WHERE s.ticket_id = :ticket_id AND s.state = 'open' AND s.wake_at <= :now ORDER BY s.due_at, s.id;
