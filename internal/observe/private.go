package observe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof" // it registers with http.DefaultServeMux, which is never served
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Private is the listener for those who run the server: /metrics for Prometheus, and /debug/pprof/ for go tool pprof.
type Private struct {
	server *http.Server
	ended  chan error
}

// Listen begins to serve metrics and profiles at an address, host:port, which must not be open to everybody. The observer
// must have been made to count; Listen is called once. The caller closes what it answers.
func (o *Observer) Listen(ctx context.Context, address string, s Sources) (*Private, error) {
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for metrics: %w", err)
	}
	o.metrics.add(s)
	errorLog := slog.NewLogLogger(o.log.Handler(), slog.LevelWarn)
	p := &Private{
		server: &http.Server{
			Handler: o.handler(),
			// Nobody asks for much, and a profile takes as many seconds as are asked for: 30 if nothing is said.
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       5 * time.Second,
			WriteTimeout:      time.Minute,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    8 << 10,
			ErrorLog:          errorLog,
		},
		ended: make(chan error, 1),
	}
	go func() { p.ended <- p.server.Serve(listener) }()
	o.log.InfoContext(ctx, "serving metrics and profiles", "address", listener.Addr().String())
	if at, ok := listener.Addr().(*net.TCPAddr); ok && at.IP.IsUnspecified() {
		o.log.WarnContext(ctx, "metrics and profiles are served on every interface: nobody but operators may reach them")
	}
	return p, nil
}

// Close ends it at once: whoever looks, looks again. It may be called on nil.
func (p *Private) Close() error {
	if p == nil {
		return nil
	}
	err := p.server.Close()
	if ended := <-p.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return fmt.Errorf("serving metrics: %w", err)
	}
	return nil
}

// handler is what is served privately. Profiles hold no values of the program, but its command line may: pprof's cmdline is
// left out.
func (o *Observer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.InstrumentMetricHandler(o.metrics.registry, promhttp.HandlerFor(o.metrics.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(o.log.Handler(), slog.LevelWarn),
		MaxRequestsInFlight: 10,
		Timeout:             10 * time.Second,
	})))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
