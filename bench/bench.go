package main

import (
	"context"
	"fmt"
	"log"
	"regexp"
	"time"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// stage is servers of one shop, and what they are asked that changes nothing.
type stage struct {
	servers    servers
	operations []operation.Operation
	access     string       // an access token
	drop       func() error // what is left to do once the servers have ended; nil for nothing
}

// end ends the servers, and leaves nothing behind.
func (st stage) end() error {
	st.servers.stop()
	if st.drop == nil {
		return nil
	}
	return st.drop()
}

// bench measures so often and so long.
type bench struct {
	rounds   int
	long     time.Duration
	wanted   *regexp.Regexp // of names of what is measured
	measured measured
}

// each measures what is wanted of these, in turns: every round has all of them.
func (b *bench) each(what []subject) error {
	for round := range b.rounds {
		for _, s := range what {
			if !b.wanted.MatchString(s.name) {
				continue
			}
			log.Printf("round %d of %d: %s, %s", round+1, b.rounds, s.name, s.server)
			if err := s.measure(); err != nil {
				return fmt.Errorf("%s, %s: %w", s.server, s.name, err)
			}
		}
	}
	return nil
}

// subject is something that is measured, once a round.
type subject struct {
	name, server string
	measure      func() error
}

// reads measures what changes nothing. The servers of a stage must agree before and after.
func (b *bench) reads(ctx context.Context, stages []stage) error {
	var all []subject
	for _, st := range stages {
		if err := st.servers.agree(ctx, st.operations, st.access); err != nil {
			return err
		}
		for _, o := range st.operations {
			for _, s := range st.servers {
				if s.answers(o) {
					all = append(all, b.subject(s, o.Name, func(long time.Duration) (result, error) {
						return load(ctx, s, o, st.access, connections, long)
					}))
				}
			}
		}
	}
	if err := b.each(all); err != nil {
		return err
	}
	for _, st := range stages {
		if err := st.servers.agree(ctx, st.operations, st.access); err != nil {
			return fmt.Errorf("after the load: %w", err)
		}
	}
	return nil
}

// subject is a server being asked for something.
func (b *bench) subject(s *server, name string, ask asking) subject {
	return subject{name: name, server: s.name, measure: func() error {
		f, err := s.measure(ask, b.long)
		if err == nil {
			b.measured.operations.add(name, s.name, f)
		}
		return err
	}}
}

// writes measures what changes the shop, or other variables are asked with each time: single writes in Gatehouse, and refreshing
// in SimpleJWT as well; and the mix, with the response cache and without. The servers are those of the stage.
func (b *bench) writes(ctx context.Context, dir string, st stage) error {
	var all []subject
	add := func(s *server, streams ...stream) {
		for _, one := range streams {
			all = append(all, b.subject(s, one.name, func(long time.Duration) (result, error) { return one.load(ctx, s, long) }))
		}
	}
	var simple *server
	var refreshing stream
	if b.wanted.MatchString(tokenRefresh) {
		var err error
		if simple, refreshing, err = startSimpleJWT(ctx, dir); err != nil {
			return fmt.Errorf("%s: %w", simpleJWT, err)
		}
		defer simple.stop()
	}
	for i, s := range st.servers {
		if _, is := responseCache[s.name]; !is {
			continue
		}
		h, err := newHand(ctx, s, st.access, connections)
		if err != nil {
			return err
		}
		if i == 0 {
			add(s, h.refreshing())
			if simple != nil {
				add(simple, refreshing)
			}
			add(s, h.obtaining(), h.creating())
		}
		add(s, h.mix())
	}
	return b.each(all)
}

// scenarios measures readers beside others, and subscriptions, each with a server of its own.
func (b *bench) scenarios(ctx context.Context, s *shop) error {
	var all []subject
	for _, sc := range scenarios() {
		for _, server := range sc.servers {
			all = append(all, subject{name: sc.name, server: server, measure: func() error {
				c, err := s.crowd(ctx, sc, server, b.long)
				if err == nil {
					b.measured.crowds.add(sc.name, server, c)
				}
				return err
			}})
		}
	}
	all = append(all, subject{name: subscriptions, server: gatehouseCached, measure: func() error {
		a, err := s.audience(ctx, b.long)
		if err == nil {
			b.measured.audiences.add(subscriptions, gatehouseCached, a)
		}
		return err
	}})
	return b.each(all)
}
