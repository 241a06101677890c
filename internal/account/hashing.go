package account

import (
	"context"
	"fmt"
	"runtime"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"github.com/gatehouse/gatehouse/internal/fold"
)

// Hashing is what hashing a password with Argon2id costs, and how much of that is done at a time.
type Hashing struct {
	MemoryKiB uint32 // for each password
	Passes    uint32 // over that memory, at least 1
	Threads   uint8  // for each password; 0 is 1
	Workers   int    // how many passwords are hashed at a time; 0: one fewer than there are cores, at least one
	Queue     int    // how many more may wait for their turn; beyond that those with the most failures are refused
}

// Lengths of salt and key in bytes, as RFC 9106 section 4 recommends.
const (
	saltLength = 16
	keyLength  = 32
)

// hasher hashes passwords and checks them, only so many at a time: each takes megabytes and a whole core, so
// that a flood of sign-ins would otherwise take all there is.
//
// Passwords are hashed in composed form (NFC): keyboards differ in how they code the same character.
type hasher struct {
	params argon2id.Params
	turns  *turns // one is held while working
	watch  Observer
	dummy  string // a hash to check where there is none
}

func newHasher(h Hashing, watch Observer) (*hasher, error) {
	if h.Passes < 1 || h.Workers < 0 || h.Queue < 0 {
		return nil, fmt.Errorf("hashing with %d passes, %d workers and a queue of %d", h.Passes, h.Workers, h.Queue)
	}
	if h.Workers == 0 {
		h.Workers = max(1, runtime.GOMAXPROCS(0)-1)
	}
	params := argon2id.Params{
		Memory:      h.MemoryKiB,
		Iterations:  h.Passes,
		Parallelism: max(1, h.Threads),
		SaltLength:  saltLength,
		KeyLength:   keyLength,
	}
	dummy, err := argon2id.CreateHash("", &params)
	if err != nil {
		return nil, fmt.Errorf("hashing: %w", err)
	}
	return &hasher{
		params: params,
		turns:  newTurns(h.Workers, h.Queue),
		watch:  watch,
		dummy:  dummy,
	}, nil
}

// hash is the password's hash in PHC string format. The more failures those who want it have, the longer they wait,
// and the error is RATE_LIMITED when too many with fewer do.
func (h *hasher) hash(ctx context.Context, failures int, password string) (hash string, err error) {
	err = h.inTurn(ctx, failures, func() error {
		hash, err = argon2id.CreateHash(fold.Canonical(password), &h.params)
		return err
	})
	return hash, err
}

// verify says whether the hash is the password's. Without a hash it is false after the same work, as it is for
// a password longer than any may be. When the hash was made by other parameters than today's, renewed is a
// new one of the same password; else it is empty. Failures and the error are as for hash.
func (h *hasher) verify(ctx context.Context, failures int, password, hash string) (ok bool, renewed string, err error) {
	password = fold.Canonical(password)
	possible := hash != "" && utf8.RuneCountInString(password) <= maxPassword
	if !possible {
		password, hash = "", h.dummy
	}
	err = h.inTurn(ctx, failures, func() error {
		matches, params, err := argon2id.CheckHash(password, hash)
		if err != nil {
			return err
		}
		ok = possible && matches
		if ok && *params != h.params {
			renewed, err = argon2id.CreateHash(password, &h.params)
		}
		return err
	})
	if err != nil {
		return false, "", err
	}
	return ok, renewed, nil
}

// inTurn runs work once it is its turn.
func (h *hasher) inTurn(ctx context.Context, failures int, work func() error) error {
	waited := h.watch.Step(ctx, "wait for a turn to hash")
	err := h.turns.take(ctx, failures)
	waited()
	if err != nil {
		return err
	}
	defer h.turns.release()
	defer h.watch.Step(ctx, "argon2id")()
	if err := work(); err != nil {
		return fmt.Errorf("hashing a password: %w", err)
	}
	return nil
}
