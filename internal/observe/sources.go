package observe

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// Sources are asked for figures whenever somebody wants to see them. All are required.
type Sources struct {
	Pools   map[string]*sql.DB // connections to the database, by what they are for
	Hashing func() account.HashingFigures
	Streams func() transport.Figures
}

// figure is a metric that is asked for.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(hashing account.HashingFigures, streams transport.Figures) float64
}

// sources is a collector that asks each source once for all of its figures, so that they are of one moment.
type sources struct {
	Sources
	figures []figure
}

func newSources(of Sources) sources {
	type (
		hashing = account.HashingFigures
		streams = transport.Figures
	)
	gauge := func(name, help string, of func(hashing, streams) float64) figure {
		return figure{prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, nil, nil), prometheus.GaugeValue, of}
	}
	counter := func(name, help string, of func(hashing, streams) float64) figure {
		return figure{prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, nil, nil), prometheus.CounterValue, of}
	}
	return sources{of, []figure{
		gauge("password_hashes_working", "Passwords that are being hashed.",
			func(h hashing, _ streams) float64 { return float64(h.Working) }),
		gauge("password_hashes_waiting", "Passwords that wait for their turn to be hashed.",
			func(h hashing, _ streams) float64 { return float64(h.Waiting) }),
		counter("password_hashes_total", "Turns of hashing a password that have ended.",
			func(h hashing, _ streams) float64 { return float64(h.Done) }),
		counter("password_hashes_refused_total", "Passwords that were not hashed because too many waited.",
			func(h hashing, _ streams) float64 { return float64(h.Refused) }),
		gauge("websockets_open", "WebSockets that are open.",
			func(_ hashing, s streams) float64 { return float64(s.Sockets) }),
		gauge("streams_open", "Subscriptions that are open, over WebSocket or as server-sent events.",
			func(_ hashing, s streams) float64 { return float64(s.Streams) }),
		counter("stream_events_total", "Answers of subscriptions that were sent.",
			func(_ hashing, s streams) float64 { return float64(s.Events) }),
		counter("stream_clients_dropped_total", "Clients of subscriptions that were given up because they did not keep up.",
			func(_ hashing, s streams) float64 { return float64(s.Dropped) }),
	}}
}

// Describe implements prometheus.Collector.
func (s sources) Describe(descs chan<- *prometheus.Desc) {
	for _, f := range s.figures {
		descs <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (s sources) Collect(into chan<- prometheus.Metric) {
	hashing, streams := s.Hashing(), s.Streams()
	for _, f := range s.figures {
		into <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(hashing, streams))
	}
}

// add has the sources among what is collected.
func (m *metrics) add(s Sources) {
	m.registry.MustRegister(newSources(s))
	for name, pool := range s.Pools {
		m.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
	}
}
