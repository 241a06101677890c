package keyring_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/keyring"
	"github.com/gatehouse/gatehouse/internal/token"
)

func TestGenerate(t *testing.T) {
	for _, alg := range token.Algorithms() {
		if alg == "RS384" || alg == "RS512" || alg == "PS384" || alg == "PS512" {
			continue // as RS256 and PS256, and RSA keys take their time
		}
		t.Run(string(alg), func(t *testing.T) {
			w := newWorld(t)
			if err := os.Remove(w.Path); err != nil {
				t.Fatal(err)
			}
			e := w.generate(t, alg, "")
			if e.State != keyring.Signing || e.Key.Algorithm() != alg || !e.Since.Equal(w.now.Truncate(time.Second)) {
				t.Errorf("made %+v", e)
			}
			if got, want := w.load(t), "signing "+e.Key.ID()+" "+string(alg)+" "+e.Key.ID()+".json"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			for path, want := range map[string]os.FileMode{w.Path: 0o700, filepath.Join(w.Path, e.File): 0o600, filepath.Join(w.Path, "rotation.txt"): 0o600} {
				if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
					t.Errorf("%s: %v, %v", path, info.Mode(), err)
				}
			}
			if alg[:2] != "HS" && e.Key.ID() != idOf(t, alg, e.Key.JWK().Key) {
				t.Errorf("the id is %s, not the thumbprint", e.Key.ID())
			}
			drafts, err := filepath.Glob(filepath.Join(w.Path, ".*-*"))
			if err != nil || len(drafts) > 0 {
				t.Errorf("left behind: %v, %v", drafts, err)
			}
		})
	}
}

// The name of a secret says nothing of it: two secrets of one name's worth of randomness are two keys.
func TestGeneratedSecretsDiffer(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	one, two := w.generate(t, "HS256", "same").Key.JWK(), other.generate(t, "HS256", "same").Key.JWK()
	if string(one.Key.([]byte)) == string(two.Key.([]byte)) || len(one.Key.([]byte)) != 64 {
		t.Error("the secrets are alike")
	}
	if a, b := newWorld(t).generate(t, "HS256", "").Key.ID(), newWorld(t).generate(t, "HS256", "").Key.ID(); a == b || len(a) != 32 {
		t.Errorf("the ids are %s and %s", a, b)
	}
}

func TestNoIDBeginsWithADash(t *testing.T) {
	for range 200 { // of 64 thumbprints one would
		w := newWorld(t)
		if e := w.generate(t, "EdDSA", ""); strings.HasPrefix(e.Key.ID(), "-") {
			t.Fatal(e.Key.ID())
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	w := newWorld(t)
	for _, kid := range []string{"../x", "a/b", ".hidden", "-f", "a b", "a\x00", "a\n", "ü", strings.Repeat("k", 65), "a:b"} {
		_, err := w.Generate("ES256", kid)
		wrong(t, err, "must be 1 to 64 letters")
	}
	for _, alg := range []token.Algorithm{"", "none", "es256", "ES256K", "RSA"} {
		_, err := w.Generate(alg, "")
		wrong(t, err, "is not an algorithm that signs tokens")
	}
	if files, err := filepath.Glob(filepath.Join(w.Path, "[^.]*")); err != nil || len(files) > 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	w.generate(t, "ES256", "a")
	_, err := w.Generate("ES256", "a")
	wrong(t, err, "there is a key a, or a file of that name, already")
	w.generate(t, "ES256", "b")
	_, err = w.Generate("ES256", "c")
	wrong(t, err, "key b is published already")

	other := newWorld(t)
	other.put(t, "x.json", jwk(t, "ES256", "a", pairs().p256))
	other.put(t, "y.json", jwk(t, "EdDSA", "b", pairs().ed))
	_, err = other.Generate("ES256", "")
	wrong(t, err, "holds 2 keys that can sign")
	_, err = other.Rotate("a", false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Generate("ES256", "x") // a file of that name, with another key in it
	wrong(t, err, "there is a key x, or a file of that name, already")
	_, err = other.Generate("ES256", "b") // a key of that name, in another file
	wrong(t, err, "there is a key b, or a file of that name, already")
}

// A key too many would have nobody read the directory any more: neither a server that starts nor keys retire.
func TestNoKeyTooMany(t *testing.T) {
	w := newWorld(t)
	w.generate(t, "EdDSA", "signs")
	for n := range 31 {
		w.put(t, fmt.Sprintf("%d.json", n), jwk(t, "ES256", fmt.Sprint(n), pairs().p256.Public()))
	}
	_, err := w.Generate("EdDSA", "")
	wrong(t, err, "holds 32 keys, which are the most; gatehouse keys retire removes one")
	_, err = w.Rotate("", true)
	wrong(t, err, "which are the most")
	w.load(t)
	if _, err := w.Retire("0", life, true); err != nil {
		t.Errorf("Retire: %v", err)
	}
	w.rotate(t)
	w.load(t)
}

const life = 24*time.Hour + 30*time.Second

// The whole life of two keys.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	w.generate(t, "EdDSA", "first")
	w.now = w.now.Add(time.Hour)

	second := w.rotate(t)
	kid := second.Key.Key.ID()
	if second.Key.State != keyring.Published || second.Key.Key.Algorithm() != "EdDSA" || second.Stopped.State != "" {
		t.Errorf("the first step: %+v", second)
	}
	if got, want := w.load(t), "signing first EdDSA first.json\npublished "+kid+" EdDSA "+kid+".json"; got != want {
		t.Errorf("%s, want %s", got, want)
	}

	published := w.now.Truncate(time.Second)
	for _, early := range []time.Duration{0, time.Minute, keyring.FetchTime - 1} {
		w.now = published.Add(early)
		_, err := w.Rotate("", false)
		wrong(t, err, "was published only now: clients may not know it until "+published.Add(keyring.FetchTime).Format(time.RFC3339))
		_, err = w.Rotate(kid, false)
		wrong(t, err, "was published only now")
	}
	w.now = published.Add(keyring.FetchTime)
	done := w.rotate(t)
	if done.Key.State != keyring.Signing || done.Key.Key.ID() != kid || done.Stopped.Key.ID() != "first" || done.Stopped.State != keyring.RetiredSoon {
		t.Errorf("the second step: %+v", done)
	}
	if got, want := w.load(t), "signing "+kid+" EdDSA "+kid+".json\nretired-soon first EdDSA first.json"; got != want {
		t.Errorf("%s, want %s", got, want)
	}

	stopped := w.now.Truncate(time.Second)
	for _, early := range []time.Duration{0, life - 1} {
		w.now = stopped.Add(early)
		_, err := w.Retire("first", life, false)
		wrong(t, err, "may be alive until "+stopped.Add(life).Format(time.RFC3339))
	}
	for _, force := range []bool{false, true} {
		_, err := w.Retire(kid, life, force)
		wrong(t, err, "is signing")
	}
	_, err := w.Retire("nobody", life, true)
	wrong(t, err, "holds no key nobody")
	w.now = stopped.Add(life)
	if e, err := w.Retire("first", life, false); err != nil || e.File != "first.json" {
		t.Errorf("Retire: %+v, %v", e, err)
	}
	if got, want := w.load(t), "signing "+kid+" EdDSA "+kid+".json"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	text, err := os.ReadFile(filepath.Join(w.Path, "rotation.txt"))
	if err != nil || !strings.HasSuffix(string(text), "\nsigning      "+kid+" "+stopped.Format(time.RFC3339)+"\n") {
		t.Errorf("the record is %q, %v", text, err)
	}
}

func TestForce(t *testing.T) {
	w := newWorld(t)
	first := w.generate(t, "ES256", "")
	w.rotate(t)
	if c, err := w.Rotate("", true); err != nil || c.Key.State != keyring.Signing {
		t.Errorf("Rotate: %+v, %v", c, err)
	}
	if _, err := w.Retire(first.Key.ID(), life, true); err != nil {
		t.Errorf("Retire: %v", err)
	}
}

// A key of another algorithm, or from elsewhere, takes the same two steps.
func TestRotateTo(t *testing.T) {
	w := newWorld(t)
	w.generate(t, "HS256", "old")
	w.put(t, "mine.pem", private(pairs().p256))
	w.put(t, "half.json", jwk(t, "ES384", "half", pairs().p384.Public()))
	mine := idOf(t, "ES256", pairs().p256)
	for to, says := range map[string]string{"old": "is signing already", "half": "only a public part", "gone": "holds no key gone"} {
		_, err := w.Rotate(to, true)
		wrong(t, err, says)
	}
	if c, err := w.Rotate(mine, false); err != nil || c.Key.State != keyring.Published || c.Key.Key.ID() != mine {
		t.Errorf("Rotate: %+v, %v", c, err)
	}
	w.put(t, "other.json", jwk(t, "EdDSA", "other", pairs().ed))
	_, err := w.Rotate("other", true)
	wrong(t, err, "key "+mine+" is published already")
	w.now = w.now.Add(keyring.FetchTime)
	if c := w.rotate(t); c.Key.Key.ID() != mine || c.Stopped.Key.ID() != "old" {
		t.Errorf("Rotate: %+v", c)
	}
}

// Back to a key that has signed before is one step, which leaves a published one published; and no way leads round what
// is on record of either: that tokens which they signed are alive.
func TestRotateBack(t *testing.T) {
	w := newWorld(t)
	w.generate(t, "HS256", "old")
	w.generate(t, "EdDSA", "new")
	w.now = w.now.Add(keyring.FetchTime)
	w.rotate(t)
	w.generate(t, "ES256", "next")
	w.now = w.now.Add(time.Second)
	if c, err := w.Rotate("old", false); err != nil || c.Key.State != keyring.Signing || c.Stopped.Key.ID() != "new" {
		t.Errorf("Rotate: %+v, %v", c, err)
	}
	if got := w.load(t); got != "signing old HS256 old.json\npublished next ES256 next.json\nretired-soon new EdDSA new.json" {
		t.Errorf("%s", got)
	}
	_, err := w.Retire("new", life, false)
	wrong(t, err, "may be alive until")
	if _, err := w.Rotate("new", false); err != nil {
		t.Errorf("Rotate: %v", err)
	}
	_, err = w.Retire("old", life, false)
	wrong(t, err, "may be alive until")
}

// Where nobody has written down which key signs, one is chosen, and any other may have signed until now.
func TestChoose(t *testing.T) {
	w := newWorld(t)
	w.put(t, "a.json", jwk(t, "ES256", "a", pairs().p256))
	w.put(t, "b.json", jwk(t, "EdDSA", "b", pairs().ed))
	w.put(t, "c.json", jwk(t, "ES384", "c", pairs().p384.Public()))
	_, err := w.Rotate("", true)
	wrong(t, err, "choose it by gatehouse keys rotate --to KID")
	if c, err := w.Rotate("b", false); err != nil || c.Key.State != keyring.Signing || c.Key.Key.ID() != "b" || c.Stopped.State != "" {
		t.Errorf("Rotate: %+v, %v", c, err)
	}
	if got := w.load(t); got != "signing b EdDSA b.json\nretired-soon a ES256 a.json\nverify-only c ES384 c.json" {
		t.Errorf("%s", got)
	}
	_, err = w.Retire("a", life, false)
	wrong(t, err, "may be alive until")
}

// What is not on record is not retired without force; a published key has never signed.
func TestRetireWhatIsNotOnRecord(t *testing.T) {
	w := newWorld(t)
	w.generate(t, "ES256", "signs")
	w.put(t, "half.json", jwk(t, "EdDSA", "half", pairs().ed.Public()))
	w.put(t, "stray.json", jwk(t, "ES384", "stray", pairs().p384))
	for _, kid := range []string{"half", "stray"} {
		_, err := w.Retire(kid, life, false)
		wrong(t, err, "it is not on record whether key "+kid)
		if _, err := w.Retire(kid, life, true); err != nil {
			t.Errorf("Retire %s: %v", kid, err)
		}
	}
	w.generate(t, "ES256", "next")
	if _, err := w.Retire("next", life, false); err != nil {
		t.Errorf("Retire: %v", err)
	}
	w.put(t, "stray.json", jwk(t, "ES384", "stray", pairs().p384))
	w.put(t, "rotation.txt", []byte("signing signs -\nretired-soon stray -\n"))
	_, err := w.Retire("stray", life, false)
	wrong(t, err, "it is not on record whether key stray")
	if _, err := w.Retire("stray", life, true); err != nil {
		t.Errorf("Retire: %v", err)
	}
	if got := w.load(t); got != "signing signs ES256 signs.json" {
		t.Errorf("%s", got)
	}
	if files, err := filepath.Glob(filepath.Join(w.Path, "[^.]*")); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}

	// One of two that nobody chose from may be removed, too; then the other signs.
	other := newWorld(t)
	other.put(t, "a.json", jwk(t, "ES256", "a", pairs().p256))
	other.put(t, "b.json", jwk(t, "EdDSA", "b", pairs().ed))
	if _, err := other.Retire("a", life, true); err != nil {
		t.Errorf("Retire: %v", err)
	}
	if got := other.load(t); got != "signing b EdDSA b.json" {
		t.Errorf("%s", got)
	}
}

// A program that was killed between key and record, or a file removed by hand, leaves a directory that still serves.
func TestHalfDone(t *testing.T) {
	w := newWorld(t)
	w.generate(t, "ES256", "signs")
	next := w.rotate(t).Key
	if err := os.Remove(filepath.Join(w.Path, next.File)); err != nil {
		t.Fatal(err)
	}
	if got := w.load(t); got != "signing signs ES256 signs.json" {
		t.Errorf("%s", got)
	}
	if c := w.rotate(t); c.Key.State != keyring.Published || c.Key.Key.ID() == next.Key.ID() {
		t.Errorf("Rotate: %+v", c)
	}
	if err := os.Remove(filepath.Join(w.Path, "signs.json")); err != nil {
		t.Fatal(err)
	}
	_, err := keyring.Load(w.Path)
	wrong(t, err, "key signs is to sign, but no file holds it; put that back, or remove rotation.txt and choose another by gatehouse keys rotate --to KID")
	if err := os.Remove(filepath.Join(w.Path, "rotation.txt")); err != nil {
		t.Fatal(err)
	}
	w.load(t)
}

// A lone key that nothing is on record of goes on signing while the second one is made; so it does if that is never done.
func TestALoneKeyMeanwhile(t *testing.T) {
	for range 20 {
		w := newWorld(t)
		w.put(t, "mine.pem", private(pairs().p256))
		made := make(chan struct{})
		go func() {
			defer close(made)
			if _, err := w.Rotate("", false); err != nil {
				t.Errorf("Rotate: %v", err)
			}
		}()
		for reading := true; reading; {
			select {
			case <-made:
				reading = false
			default:
			}
			if entries, err := keyring.Load(w.Path); err != nil || entries[0].File != "mine.pem" || entries[0].State != keyring.Signing {
				t.Errorf("Load: %s, %v", described(entries), err)
				<-made
				return
			}
		}
	}
}

// Programs that change a directory at once take turns; whoever reads it meanwhile never sees half of anything.
func TestConcurrentChanges(t *testing.T) {
	w := newWorld(t)
	w.generate(t, "EdDSA", "")
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if entries, err := keyring.Load(w.Path); err != nil || entries[0].State != keyring.Signing {
					t.Errorf("Load: %s, %v", described(entries), err)
					return
				}
			}
		})
	}
	for range 4 {
		writers.Go(func() {
			for range 10 {
				c, err := w.Rotate("", true)
				if err != nil {
					t.Errorf("Rotate: %v", err)
					return
				}
				if c.Stopped.State != "" {
					if _, err := w.Retire(c.Stopped.Key.ID(), life, true); err != nil {
						t.Errorf("Retire: %v", err)
					}
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if entries, err := keyring.Load(w.Path); err != nil || len(entries) != 1 { // 40 steps: 20 came, 20 went
		t.Errorf("in the end: %s, %v", described(entries), err)
	}
}
