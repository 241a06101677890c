package main

import (
	"context"
	"os"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// The servers' names.
const (
	gatehouse        = "Gatehouse"
	gatehouseCached  = "Gatehouse, cached"
	floor            = "floor"
	mercuriusJoin    = "Mercurius, JOIN"
	mercuriusPruned  = "Mercurius, pruned"
	mercuriusLoaders = "Mercurius, loaders"
)

// responseCache is the setting of Gatehouse's response cache by the names of its servers.
var responseCache = map[string]string{
	gatehouse:       "GATEHOUSE_RESPONSE_CACHE=off",
	gatehouseCached: "GATEHOUSE_RESPONSE_CACHE=64MiB",
}

// Which operations a server is asked.
func anything(operation.Operation) bool         { return true }
func cacheable(o operation.Operation) bool      { return o.Cached }
func shared(o operation.Operation) bool         { return !o.OwnOnly }
func sharedUnsigned(o operation.Operation) bool { return !o.OwnOnly && !o.Signed } // for me the variants of Mercurius would be the same

// sqliteStage is the shop with all servers that are compared, each on a copy. It is to be ended whatever the error.
func sqliteStage(ctx context.Context, s *shop) (stage, error) {
	st := stage{access: s.access}
	for _, on := range []func(file string) process{
		func(file string) process { return s.gatehouse(gatehouse, sqlite(file), serversCore, anything) },
		func(file string) process { return s.gatehouse(gatehouseCached, sqlite(file), serversCore, cacheable) },
		func(file string) process { return byHand(file, serversCore) },
		func(file string) process { return mercurius(mercuriusJoin, "join", file, shared) },
		func(file string) process { return mercurius(mercuriusPruned, "pruned", file, sharedUnsigned) },
		func(file string) process { return mercurius(mercuriusLoaders, "loaders", file, sharedUnsigned) },
	} {
		file, err := s.copy(ctx)
		if err != nil {
			return st, err
		}
		started, err := start(ctx, s.dir, on(file))
		if err != nil {
			return st, err
		}
		st.servers = append(st.servers, started)
	}
	var err error
	st.operations, err = operations(ctx, st.servers[0])
	return st, err
}

// gatehouse is the program under that name, which has its response cache or not, on a database by its URL.
func (s *shop) gatehouse(name, database, cores string, answers func(operation.Operation) bool, settings ...string) process {
	return process{
		name:    name,
		answers: answers,
		cores:   cores,
		env:     append(append(s.environment(database), responseCache[name]), settings...),
		args:    []string{program},
	}
}

// alone starts the server of that name, a Gatehouse or the floor, on a copy of the shop that nobody else uses, and that goes away with
// it. The settings are a Gatehouse's.
func (s *shop) alone(ctx context.Context, name, cores string, settings ...string) (started *server, end func(), err error) {
	file, err := s.copy(ctx)
	if err != nil {
		return nil, nil, err
	}
	remove := func() { _ = os.Remove(file) } // the directory goes anyhow, later
	p := s.gatehouse(name, sqlite(file), cores, anything, settings...)
	if name == floor {
		p = byHand(file, cores)
	}
	started, err = start(ctx, s.dir, p)
	if err != nil {
		remove()
		return nil, nil, err
	}
	return started, func() {
		started.stop() // which leaves nothing beside the file
		remove()
	}, nil
}

// byHand is the floor, on a file or the URL of a PostgreSQL database.
func byHand(database, cores string) process {
	return process{name: floor, answers: shared, cores: cores, args: []string{tools + "floor", "-database", database, "-key", key}}
}

// mercurius is a variant of it, on a file.
func mercurius(name, variant, file string, answers func(operation.Operation) bool) process {
	return process{
		name:    name,
		answers: answers,
		cores:   serversCore,
		env:     []string{"NODE_ENV=production", "DATABASE=" + file, "KEY=" + key, "VARIANT=" + variant},
		args:    []string{"node", "bench/mercurius/server.js"},
	}
}
