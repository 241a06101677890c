package observe

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/kept"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// Sources are asked for figures whenever somebody wants to see them. All are required.
type Sources struct {
	Pools   map[string]*sql.DB // connections to the database, by what they are for
	Hashing func() account.HashingFigures
	Streams func() transport.Figures
	Answers func() kept.Figures
}

// figure is a metric that is asked for.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(figures) float64
}

// figures are those of one moment.
type figures struct {
	hashing account.HashingFigures
	streams transport.Figures
	answers kept.Figures
}

// sources is a collector that asks each source once for all of its figures, so that they are of one moment.
type sources struct {
	Sources
	figures []figure
}

func newSources(of Sources) sources {
	gauge := func(name, help string, of func(figures) float64) figure {
		return figure{prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, nil, nil), prometheus.GaugeValue, of}
	}
	counter := func(name, help string, of func(figures) float64) figure {
		return figure{prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, nil, nil), prometheus.CounterValue, of}
	}
	return sources{of, []figure{
		gauge("password_hashes_working", "Passwords that are being hashed.",
			func(f figures) float64 { return float64(f.hashing.Working) }),
		gauge("password_hashes_waiting", "Passwords that wait for their turn to be hashed.",
			func(f figures) float64 { return float64(f.hashing.Waiting) }),
		counter("password_hashes_total", "Turns of hashing a password that have ended.",
			func(f figures) float64 { return float64(f.hashing.Done) }),
		counter("password_hashes_refused_total", "Passwords that were not hashed because too many waited.",
			func(f figures) float64 { return float64(f.hashing.Refused) }),
		gauge("websockets_open", "WebSockets that are open.",
			func(f figures) float64 { return float64(f.streams.Sockets) }),
		gauge("streams_open", "Subscriptions that are open, over WebSocket or as server-sent events.",
			func(f figures) float64 { return float64(f.streams.Streams) }),
		counter("stream_events_total", "Answers of subscriptions that were sent.",
			func(f figures) float64 { return float64(f.streams.Events) }),
		counter("stream_clients_dropped_total", "Clients of subscriptions that were given up because they did not keep up.",
			func(f figures) float64 { return float64(f.streams.Dropped) }),
		counter("response_cache_hits_total", "Public queries that were answered without being executed.",
			func(f figures) float64 { return float64(f.answers.Hits) }),
		counter("response_cache_misses_total", "Public queries that were executed though their answers could have been kept.",
			func(f figures) float64 { return float64(f.answers.Misses) }),
		gauge("response_cache_bytes", "Memory that kept answers take.",
			func(f figures) float64 { return float64(f.answers.Bytes) }),
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
	now := figures{s.Hashing(), s.Streams(), s.Answers()}
	for _, f := range s.figures {
		into <- prometheus.MustNewConstMetric(f.desc, f.kind, f.of(now))
	}
}

// add has the sources among what is collected.
func (m *metrics) add(s Sources) {
	m.registry.MustRegister(newSources(s))
	for name, pool := range s.Pools {
		m.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
	}
}
