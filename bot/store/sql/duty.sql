-- name: absences_since(now)
-- Those that hold or are to come.
SELECT * FROM absence WHERE until_at > :now ORDER BY starts_at, id;

-- name: absences_of(person_id, now)
SELECT * FROM absence WHERE person_id = :person_id AND until_at > :now ORDER BY starts_at, id;

-- name: absences_get(id)^
SELECT * FROM absence WHERE id = :id;

-- name: absences_add(person_id, starts_at, ends_at, until_at, note, origin, uid, now)$
INSERT INTO absence (person_id, starts_at, ends_at, until_at, note, origin, uid, created_at, wake_at)
VALUES (:person_id, :starts_at, :ends_at, :until_at, :note, :origin, :uid, :now, :starts_at) RETURNING id;

-- name: absences_end(id, back_at)!
-- An end that is nearer than the declared one; what had not begun yet never will.
UPDATE absence SET back_at = :back_at, until_at = MIN(until_at, :back_at),
    wake_at = CASE WHEN stage = 'away' THEN :back_at END, stage = CASE WHEN stage = 'ahead' THEN 'over' ELSE stage END
WHERE id = :id;
