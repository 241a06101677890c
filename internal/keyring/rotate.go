package keyring

import (
	"fmt"
	"time"
)

// FetchTime is how long clients may go on with the public keys that they have fetched. A new key signs no sooner after its
// publication.
const FetchTime = 5 * time.Minute

// Change is what became of a rotation.
type Change struct {
	// Key is Published or Signing now.
	Key Entry
	// Stopped has signed until now; zero unless Key took its place.
	Stopped Entry
}

// Rotate goes on with the rotation of keys by one step. First a new key of the signing one's algorithm is made and
// [Published]; or the one with the id to, when that is not empty, is published instead. Then the published one signs, and
// the other is [RetiredSoon]; without force that is refused until [FetchTime] has passed.
//
// A key that is [RetiredSoon] signs again at once when it is named, since everybody knows it. It is never published, so
// that it stays on record that it has signed.
//
// Where nothing is on record of which key signs, the one that is named signs from now on.
func (d Directory) Rotate(to string, force bool) (change Change, err error) {
	err = d.change(func(c *contents) error {
		target, unsettled := c.named(to), c.settled()
		switch {
		case to != "" && target == nil:
			return fmt.Errorf("%s holds no key %s", d.Path, to)
		case to != "" && !target.Key.Signs():
			return fmt.Errorf("key %s is only a public part and cannot sign", to)
		case unsettled == nil:
			change, err = d.advance(c, target, force)
			return err
		case to == "":
			return unsettled
		default:
			change = d.choose(c, target)
			return nil
		}
	})
	return change, err
}

// choose has a key sign where it is not known which did: any other may have.
func (d Directory) choose(c *contents, target *Entry) Change {
	for i := range c.entries {
		if c.entries[i].Key.Signs() {
			c.entries[i].State, c.entries[i].Since = RetiredSoon, d.now()
		}
	}
	target.State = Signing
	return Change{Key: *target}
}

// advance is the next step of a rotation, to the target if it is not nil.
func (d Directory) advance(c *contents, target *Entry, force bool) (Change, error) {
	signing, published := c.in(Signing), c.in(Published)
	switch {
	case signing == nil:
		return Change{}, fmt.Errorf("%s holds no key that can sign; gatehouse keys generate makes one", d.Path)
	case target == signing:
		return Change{}, fmt.Errorf("key %s is signing already", target.Key.ID())
	case target != nil && target.State == RetiredSoon:
		return d.succeed(signing, target), nil
	case published == nil && target == nil:
		made, err := d.add(c, signing.Key.Algorithm(), "")
		return Change{Key: made}, err
	case published == nil:
		target.State, target.Since = Published, d.now()
		return Change{Key: *target}, nil
	case target != nil && target != published:
		return Change{}, errPublished(published)
	}
	if ready := published.Since.Add(FetchTime); !force && d.now().Before(ready) {
		return Change{}, fmt.Errorf("key %s was published only now: clients may not know it until %s; wait, or use --force", published.Key.ID(), ready.UTC().Format(time.RFC3339))
	}
	return d.succeed(signing, published), nil
}

// succeed has the next key sign from now on.
func (d Directory) succeed(signing, next *Entry) Change {
	signing.State, signing.Since = RetiredSoon, d.now()
	next.State, next.Since = Signing, d.now()
	return Change{Key: *next, Stopped: *signing}
}

func errPublished(published *Entry) error {
	return fmt.Errorf("key %s is published already; gatehouse keys rotate has it sign, gatehouse keys retire removes it", published.Key.ID())
}
