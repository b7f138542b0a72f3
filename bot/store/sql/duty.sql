-- name: absences_since(now)
-- Those that hold or are to come.
SELECT * FROM absence WHERE until_at > :now ORDER BY starts_at, id;

-- name: absences_of(person_id, now)
SELECT * FROM absence WHERE person_id = :person_id AND until_at > :now ORDER BY starts_at, id;

-- name: absences_get(id)^
SELECT * FROM absence WHERE id = :id;

-- name: absences_again(id)$
SELECT again FROM absence WHERE id = :id;

-- name: absences_go_on(id, again)!
UPDATE absence SET again = :again WHERE id = :id;

-- name: absences_add(person_id, starts_at, ends_at, until_at, note, origin, uid, wake_at, now)$
INSERT INTO absence (person_id, starts_at, ends_at, until_at, note, origin, uid, created_at, wake_at)
VALUES (:person_id, :starts_at, :ends_at, :until_at, :note, :origin, :uid, :now, :wake_at) RETURNING id;

-- name: absences_end(id, back_at)!
-- An end that is nearer than the declared one; what had not begun yet never will.
UPDATE absence SET back_at = :back_at, until_at = MIN(until_at, :back_at),
    wake_at = CASE WHEN stage = 'away' THEN :back_at END, stage = CASE WHEN stage = 'ahead' THEN 'over' ELSE stage END
WHERE id = :id;

-- name: absences_due(now, n)
SELECT * FROM absence WHERE wake_at IS NOT NULL AND wake_at <= :now ORDER BY wake_at, id LIMIT :n;

-- name: absences_next()$
SELECT wake_at FROM absence WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1;

-- name: absences_turn(id, stage, wake_at)!
UPDATE absence SET stage = :stage, wake_at = :wake_at, attempts = 0 WHERE id = :id;

-- name: absences_wake(person_id, now)!
UPDATE absence SET wake_at = :now WHERE person_id = :person_id AND stage = 'away';

-- name: absences_told(person_id)$
SELECT COUNT(*) FROM absence WHERE person_id = :person_id AND stage = 'away';

-- name: absences_push_on(id, wake_at)!
UPDATE absence SET wake_at = :wake_at, attempts = attempts + 1 WHERE id = :id;

-- name: duty_clients_of(person_id)
SELECT r.client_id, r.position FROM responsible r JOIN client c ON c.id = r.client_id
WHERE r.person_id = :person_id AND c.active = 1 ORDER BY r.position > 0, c.id;

-- name: duty_clients()
SELECT id FROM client WHERE id > 0 AND active = 1 ORDER BY id;

-- name: rotations()
SELECT * FROM rotation WHERE active = 1 ORDER BY name, id;

-- name: rotation_people()
-- Of those who have left the staff nobody is called.
SELECT t.rotation_id, t.person_id FROM rotation_person t JOIN person p ON p.id = t.person_id
WHERE p.active = 1 ORDER BY t.rotation_id, t.position;

-- name: rotation_for()
SELECT * FROM rotation_for;

-- name: stand_ins_agreed(now)
SELECT * FROM stand_in WHERE state = 'agreed' AND ends_at > :now ORDER BY ends_at, id;

-- name: stand_ins_of(swap)
SELECT * FROM stand_in WHERE swap = :swap ORDER BY id;

-- name: stand_ins_asked(rotation_id, person_id, instead_of, ends_at, asks)$
SELECT COUNT(*) FROM stand_in WHERE rotation_id = :rotation_id AND ends_at = :ends_at AND person_id = :person_id
  AND instead_of = :instead_of AND asks = :asks AND state = 'asked';

-- name: stand_ins_add(swap, rotation_id, person_id, instead_of, starts_at, ends_at, state, asked_by, asks, now)!
INSERT INTO stand_in (swap, rotation_id, person_id, instead_of, starts_at, ends_at, state, asked_by, asks, created_at)
VALUES (:swap, :rotation_id, :person_id, :instead_of, :starts_at, :ends_at, :state, :asked_by, :asks, :now);

-- name: stand_ins_decide(swap, state)!
UPDATE stand_in SET state = :state WHERE swap = :swap AND state = 'asked';

-- name: on_call_due(now, n)
SELECT * FROM on_call WHERE wake_at IS NOT NULL AND wake_at <= :now ORDER BY wake_at, rotation_id LIMIT :n;

-- name: on_call_next()$
SELECT wake_at FROM on_call WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1;

-- name: on_call_held(rotation_id, person_id, until_at)!
UPDATE on_call SET person_id = :person_id, until_at = :until_at, wake_at = :until_at, attempts = 0
WHERE rotation_id = :rotation_id;

-- name: on_call_wait(rotation_id, wake_at)!
UPDATE on_call SET wake_at = :wake_at, attempts = 0 WHERE rotation_id = :rotation_id;

-- name: on_call_push_on(rotation_id, wake_at)!
UPDATE on_call SET wake_at = :wake_at, attempts = attempts + 1 WHERE rotation_id = :rotation_id;
