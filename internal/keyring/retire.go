package keyring

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Retire removes a key. It never removes the one that signs. Without force it removes none that may have signed a token
// which is still alive: tokens live for life, and the key stopped when it became [RetiredSoon].
func (d Directory) Retire(kid string, life time.Duration, force bool) (retired Entry, err error) {
	err = d.change(func(c *contents) error {
		entry := c.named(kid)
		if entry == nil {
			return fmt.Errorf("%s holds no key %s", d.Path, kid)
		}
		if err := d.retirable(*entry, life, force); err != nil {
			return err
		}
		retired = *entry
		if err := os.Remove(filepath.Join(d.Path, entry.File)); err != nil {
			return err
		}
		c.entries = slices.DeleteFunc(c.entries, func(e Entry) bool { return e.Key.ID() == kid })
		return syncDir(d.Path)
	})
	return retired, err
}

// retirable says why a key must stay.
func (d Directory) retirable(e Entry, life time.Duration, force bool) error {
	switch {
	case e.State == Signing:
		return fmt.Errorf("key %s is signing; gatehouse keys rotate has another take its place", e.Key.ID())
	case force || e.State == Published:
		return nil
	case e.State == VerifyOnly || e.Since.IsZero():
		return fmt.Errorf("it is not on record whether key %s has signed tokens that are still alive; --force removes it all the same", e.Key.ID())
	case d.now().Before(e.Since.Add(life)):
		return fmt.Errorf("tokens that key %s signed may be alive until %s; wait, or use --force, which signs their holders out", e.Key.ID(), e.Since.Add(life).UTC().Format(time.RFC3339))
	default:
		return nil
	}
}
