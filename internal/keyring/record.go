package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// recordName is the file that says which key signs. It has one line a key: its state, its id, and since when.
const recordName = "rotation.txt"

const recordComment = `# Which key signs tokens, and since when. "gatehouse keys" writes this file. The keys are in the files beside it.
`

// unknownTime is written where it is not on record since when.
const unknownTime = "-"

// readRecord gives the keys the states that are on record. Without a record a lone key that can sign does. A key that is on
// record but gone is no mistake, unless it is the one that signs.
func (c *contents) readRecord() error {
	path := filepath.Join(c.path, recordName)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		c.assume()
		return nil
	}
	if err != nil {
		return err
	}
	text, _, err := readFile(path, info)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		// What only one key can have comes once, as each key does.
		if once := fields[0]; once == string(Signing) || once == string(Published) {
			if seen[once+" "] {
				return fmt.Errorf("%s, line %d: a second key is %s", path, number, once)
			}
			seen[once+" "] = true
		}
		if err := c.apply(fields, seen); err != nil {
			return fmt.Errorf("%s, line %d: %w", path, number, err)
		}
	}
	if c.in(Signing) == nil {
		return fmt.Errorf("%s says of no key that it is signing", path)
	}
	c.recorded = true
	return nil
}

// apply gives a key the state that a line of the record says.
func (c *contents) apply(fields []string, seen map[string]bool) error {
	if len(fields) != 3 {
		return errors.New("a line is a state, a key's id and a time")
	}
	state, kid := State(fields[0]), fields[1]
	switch state {
	case Signing, Published, RetiredSoon, VerifyOnly:
	default:
		return errors.New("that is not a state of a key")
	}
	var since time.Time
	if fields[2] != unknownTime {
		var err error
		if since, err = time.Parse(time.RFC3339, fields[2]); err != nil {
			return errors.New("that is not a time, as in 2026-01-31T09:30:00Z")
		}
	}
	if state == Published && since.IsZero() {
		return errors.New("of a published key it must be known since when it is")
	}
	if seen[kid] {
		return fmt.Errorf("key %s has two states", kid)
	}
	seen[kid] = true
	entry := c.named(kid)
	switch {
	case entry == nil && state == Signing:
		return fmt.Errorf("key %s is to sign, but no file holds it; put that back, or remove %s and choose another by gatehouse keys rotate --to KID", kid, recordName)
	case entry == nil:
		return nil
	case !entry.Key.Signs() && (state == Signing || state == Published):
		return fmt.Errorf("key %s is to sign, but its file %s holds only the public part", kid, entry.File)
	}
	entry.State, entry.Since = state, since
	return nil
}

// assume is what holds without a record.
func (c *contents) assume() {
	if c.settled() != nil {
		return
	}
	for i := range c.entries {
		if c.entries[i].Key.Signs() {
			c.entries[i].State = Signing
		}
	}
}

// writeRecord puts the states on record.
func (c contents) writeRecord() error {
	c.sort()
	text := bytes.NewBufferString(recordComment)
	for _, e := range c.entries {
		since := unknownTime
		if !e.Since.IsZero() {
			since = e.Since.UTC().Format(time.RFC3339)
		}
		_, _ = fmt.Fprintf(text, "%-12s %s %s\n", e.State, e.Key.ID(), since)
	}
	return writeFile(filepath.Join(c.path, recordName), text.Bytes())
}
