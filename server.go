// Gatehouse is a GraphQL API server: accounts, JWT sessions, permissions and a product catalogue behind
// one endpoint.
//
// This file is the only place where its parts are put together. The other commands have a file each.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/rs/cors"
	"github.com/spf13/cobra"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/health"
	"github.com/gatehouse/gatehouse/internal/heappace"
	"github.com/gatehouse/gatehouse/internal/keyring"
	"github.com/gatehouse/gatehouse/internal/notify"
	"github.com/gatehouse/gatehouse/internal/observe"
	"github.com/gatehouse/gatehouse/internal/panics"
	"github.com/gatehouse/gatehouse/internal/persisted"
	"github.com/gatehouse/gatehouse/internal/playground"
	"github.com/gatehouse/gatehouse/internal/refreshcookie"
	"github.com/gatehouse/gatehouse/internal/requestid"
	"github.com/gatehouse/gatehouse/internal/token"
	"github.com/gatehouse/gatehouse/internal/transport"
)

func main() {
	account.ReleaseWordLists()
	os.Exit(run(os.Args[1:]))
}

// run is the program: it runs the command that the arguments name, and answers the exit status.
func run(args []string) int {
	ctx, stop := untilSignalled(os.Stderr, os.Exit)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "gatehouse:", err)
		return 1
	}
	return 0
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "gatehouse",
		Short: "A GraphQL API server: accounts, sessions, permissions and a product catalogue",
		Long: `Gatehouse is a GraphQL API server: accounts, JWT sessions, permissions and a
product catalogue behind one endpoint. Without a command it serves.

Every setting is an environment variable; the flag of the same name goes before it.
It starts without any: on an SQLite file in ./data, at http://127.0.0.1:8080.`,
		Args:          cobra.NoArgs,
		RunE:          withApp(serve),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	config.AddFlags(root.PersistentFlags())
	root.AddCommand(
		&cobra.Command{
			Use:   "serve",
			Short: "Serve the API at /graphql and the playground at /",
			Args:  cobra.NoArgs,
			RunE:  withApp(serve),
		},
		newCreateSuperuser(),
		newChangePassword(),
		newMigrate(),
		newDemo(),
		newExport(),
		newImport(time.Now),
		newFlushExpired(),
		newBackup(),
		newRestore(),
		newKeys(time.Now),
		newHealth(),
		newSchema(),
		newVersion(),
	)
	return root
}

// app is the parts put together, for the commands that need them.
type app struct {
	settings config.Settings
	log      *slog.Logger
	observer *observe.Observer
	db       *database.DB
	issuer   *token.Issuer
	guard    *backoff.Guard
	trail    *audit.Trail
	accounts *account.Registry
	catalog  *catalog.Catalog
	bus      *notify.Bus // nil on SQLite, which one instance serves
}

// settingsOf reads the settings that a command is run with, and makes its log.
func settingsOf(cmd *cobra.Command) (config.Settings, *slog.Logger, error) {
	settings, err := config.Load(os.Environ(), cmd.Flags())
	if err != nil {
		return config.Settings{}, nil, fmt.Errorf("these settings are wrong:\n%w", err)
	}
	return settings, newLog(cmd.ErrOrStderr(), settings), nil
}

// withApp runs a command with the parts put together, and closes them after it.
func withApp(run func(cmd *cobra.Command, args []string, app *app) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		settings, log, err := settingsOf(cmd)
		if err != nil {
			return err
		}
		app, err := open(cmd.Context(), settings, log)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, app.close(cmd.Context())) }()
		return run(cmd, args, app)
	}
}

// open puts the parts together on a database that is up to date. The caller closes it.
func open(ctx context.Context, settings config.Settings, log *slog.Logger) (_ *app, err error) {
	observer, err := newObserver(ctx, settings, log)
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(ctx, settings, database.WithDriver(observer.Driver()), database.WithReplicas(database.Replicas{
		Sources: settings.DatabaseReplicaURLs,
		MaxLag:  settings.DatabaseReplicaMaxLag,
		Log:     log,
	}))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	if err := prepare(ctx, db, settings.Migrate, log); err != nil {
		return nil, err
	}
	issuer, err := newIssuer(settings)
	if err != nil {
		return nil, err
	}
	guard, err := backoff.New(db, backoff.Settings{
		FreePerAccount: settings.BackoffFreePerAccount,
		FreePerAddress: settings.BackoffFreePerAddress,
		FirstDelay:     settings.BackoffFirstDelay,
		MaxDelay:       settings.BackoffMaxDelay,
		ForgiveAfter:   settings.BackoffForgiveAfter,
		MaxRows:        settings.BackoffMaxRows,
		Refused:        observer.BackoffRefused(),
		Now:            time.Now,
	})
	if err != nil {
		return nil, err
	}
	trail, err := audit.New(db, audit.Settings{Log: log, Retention: settings.AuditRetention, Now: time.Now})
	if err != nil {
		return nil, err
	}
	accounts, err := account.New(db, issuer, account.Settings{
		AccessLifetime:  settings.AccessTokenLifetime,
		RefreshLifetime: settings.RefreshTokenLifetime,
		SessionLifetime: settings.SessionLifetime,
		RefreshGrace:    settings.RefreshGrace,
		KeepRefresh:     !settings.RefreshRotation,
		AcceptForeign:   settings.AcceptForeignTokens,
		SessionsPerUser: settings.SessionsPerUser,
		Guard:           guard,
		Hashing: account.Hashing{
			MemoryKiB: settings.Argon2MemoryKiB,
			Passes:    settings.Argon2Passes,
			Threads:   settings.Argon2Threads,
			Workers:   settings.PasswordWorkerCount(),
			Queue:     settings.PasswordQueue,
		},
		RegistrationClosed: settings.Registration == config.RegistrationClosed,
		Trail:              trail,
		Observer:           observer,
		Now:                time.Now,
		Random:             rand.Reader,
	})
	if err != nil {
		return nil, err
	}
	feed, bus := newFeed(db, log)
	return &app{
		settings: settings, log: log, observer: observer, db: db, issuer: issuer, guard: guard, trail: trail, accounts: accounts,
		catalog: catalog.New(db, feed, time.Now), bus: bus,
	}, nil
}

// openDatabase opens the database that the settings name, as it is.
func openDatabase(ctx context.Context, settings config.Settings, options ...database.Option) (*database.DB, error) {
	options = append(options, database.WithStatementTimeout(settings.RequestTimeout), database.WithDirect(settings.DatabaseNotifyURL))
	if settings.DatabaseConnections > 0 {
		options = append(options, database.WithConnections(settings.DatabaseConnections))
	}
	return database.Open(ctx, settings.DatabaseSource(), options...)
}

// newObserver watches what the program does, as the settings and the variables of OpenTelemetry say.
func newObserver(ctx context.Context, settings config.Settings, log *slog.Logger) (*observe.Observer, error) {
	traces, err := observe.TracesWanted(os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("these settings are wrong:\n%w", err)
	}
	return observe.New(ctx, observe.Settings{
		Log: log, Requests: settings.LogRequests, Metrics: settings.MetricsAddr != "", Traces: traces, Version: version(),
	})
}

// close closes the database, and sends what is left of traces, for which there are a few seconds even after a signal.
func (a *app) close(ctx context.Context) error {
	err := a.db.Close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	a.observer.Close(ctx)
	return err
}

// prepare brings the database's schema up to date, or only makes sure that it is.
func prepare(ctx context.Context, db *database.DB, migrate bool, log *slog.Logger) error {
	if !migrate {
		return db.CheckMigrated(ctx)
	}
	notice := time.AfterFunc(time.Second, func() {
		log.WarnContext(ctx, "migrating takes long: another program may be at it")
	})
	defer notice.Stop()
	applied, err := db.Migrate(ctx)
	for _, m := range applied {
		log.InfoContext(ctx, "migrated the database", "migration", m.Name)
	}
	return err
}

func newIssuer(settings config.Settings) (*token.Issuer, error) {
	keys, err := tokenKeys(settings)
	if err != nil {
		return nil, err
	}
	return token.New(token.Settings{
		Keys:     keys,
		Issuer:   settings.JWTIssuer,
		Audience: settings.JWTAudience,
		Leeway:   settings.JWTLeeway,
		Now:      time.Now,
	})
}

// spareProcs lets twice as many goroutines run as there are cores, where these are few and GOMAXPROCS says nothing else. SQLite
// is C, and who calls it keeps their place among those that run until it is taken away, which may take 10 ms: with one core
// hashing passwords, and another place kept by a write that waits for the disk, there would be none left for readers.
func spareProcs() {
	if _, set := os.LookupEnv("GOMAXPROCS"); set {
		return
	}
	if cores := runtime.GOMAXPROCS(0); cores <= 4 {
		runtime.GOMAXPROCS(2 * cores)
	}
}

// unhurried has the garbage collector wait until the heap is worth it, unless GOGC says what pace it is to go at. The caller
// calls stop at the end.
func unhurried() (stop func()) {
	if _, set := os.LookupEnv("GOGC"); set {
		return func() {}
	}
	return heappace.Start(heappace.Minimum)
}

// serve answers requests until the command's context ends. Requests that are running then may finish;
// after them the database is closed.
func serve(cmd *cobra.Command, _ []string, app *app) (err error) {
	ctx, settings, log := cmd.Context(), app.settings, app.log
	spareProcs() // after the database has been opened, and what else counts the cores
	defer unhurried()()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // which would end the program
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", settings.Addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	documents, err := app.documents()
	if err != nil {
		return err
	}
	api, ready := app.api(documents), app.readiness()
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	server := &http.Server{
		Handler:           app.handler(api, ready),
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       settings.RequestTimeout,
		WriteTimeout:      settings.RequestTimeout + 5*time.Second, // room to say that it took too long
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(api.Stop)
	private, err := app.showPrivately(ctx, api)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, private.Close()) }()
	var background sync.WaitGroup
	defer func() { app.awaitBackground(ctx, &background) }() // the database is closed after this
	stopListening, err := app.listen(ctx)
	if err != nil {
		return err
	}
	defer stopListening()
	ctx, stopBackground := context.WithCancel(ctx)
	defer stopBackground()
	background.Go(func() { app.flushExpired(ctx, settings.FlushInterval, app.expiring(), slog.LevelInfo) })
	background.Go(func() { app.flushExpired(ctx, min(settings.FlushInterval, time.Minute), app.told(), slog.LevelDebug) })
	background.Go(func() { app.reload(ctx, hangups, documents) })
	background.Go(func() { app.keepOn(ctx, "looking after replicas", app.watchReplicas) })

	app.logKeys(ctx, "loaded the keys")
	app.logDocuments(ctx, "loaded the trusted documents", documents)
	if indexed, err := app.db.HasSearchIndex(ctx); err != nil {
		return err
	} else if !indexed {
		log.WarnContext(ctx, "there is no search index: searches read every product")
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	log.InfoContext(ctx, "serving", "url", "http://"+listener.Addr().String(), "database", settings.DatabaseName())

	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	return app.drain(context.WithoutCancel(ctx), draining{ready, server, api, endRequests})
}

// readiness is whether requests should be sent here.
func (a *app) readiness() *health.Readiness {
	return health.New(health.Settings{
		Checks: []health.Check{
			{Name: "database", Holds: a.db.Answers},
			{Name: "migrations", Holds: func(ctx context.Context) error {
				standing, err := a.db.Standing(ctx)
				standing.Unknown = nil // a newer version's: instances of this one serve on until they are replaced
				return errors.Join(err, standing.Err())
			}},
		},
		Timeout: 2 * time.Second,
		MaxAge:  time.Second,
		Log:     a.log,
		Now:     time.Now,
	})
}

// showPrivately serves metrics and profiles, if there is an address for them.
func (a *app) showPrivately(ctx context.Context, api *transport.GraphQL) (*observe.Private, error) {
	if a.settings.MetricsAddr == "" {
		return nil, nil
	}
	return a.observer.Listen(ctx, a.settings.MetricsAddr, observe.Sources{
		Pools: a.db.Pools(), Hashing: a.accounts.HashingFigures, Streams: api.Figures, Answers: api.Answers.Figures,
	})
}

// watchReplicas looks after the replicas until the context ends.
func (a *app) watchReplicas(ctx context.Context) {
	ticker := time.NewTicker(database.ReplicaPace)
	defer ticker.Stop()
	a.db.WatchReplicas(ctx, ticker.C)
}

// api is the API itself, for requests of which it is known who asks.
func (a *app) api(documents *persisted.Documents) *transport.GraphQL {
	return transport.New(transport.Settings{
		Executor: graph.New(graph.Settings{
			Accounts:      a.accounts,
			Catalog:       a.catalog,
			Audit:         a.trail,
			Log:           a.log,
			Introspection: a.settings.Introspection,
			Timeout:       a.settings.RequestTimeout,
			Limits:        limitsOf(a.settings),
			Documents:     documents,
			DocumentRead:  a.observer.DocumentRead(),
			Answered:      a.observer.Answered(),
		}),
		Log:          a.log,
		MaxBody:      a.settings.MaxBodyBytes,
		Timeout:      a.settings.RequestTimeout,
		Origins:      a.settings.CORSOrigins,
		PublicMaxAge: a.settings.CacheMaxAge,
		Answers:      a.answers(),
		Observer:     a.observer.Requests(),
		SpecStatus:   a.settings.HTTPStatus == config.HTTPStatusSpec,
		Now:          time.Now,
		Pace:         transport.DefaultPace(),
	})
}

// answers keeps answers to public queries; nil if none are to be kept. What replicas answer is not: nobody knows of which
// edition it is.
func (a *app) answers() *transport.Answers {
	switch {
	case a.settings.ResponseCache == 0:
		return nil
	case len(a.settings.DatabaseReplicaURLs) > 0:
		a.log.Info("there is no response cache: it does not go with replicas")
		return nil
	}
	return transport.NewAnswers(int(a.settings.ResponseCache), a.db.Editions.Now, graph.Public)
}

func limitsOf(settings config.Settings) graph.Limits {
	return graph.Limits{
		Tokens:              settings.MaxTokens,
		Depth:               settings.MaxDepth,
		Aliases:             settings.MaxAliases,
		Directives:          settings.MaxDirectives,
		RootFields:          settings.MaxRootFields,
		CredentialMutations: settings.MaxCredentialMutations,
		Complexity:          settings.MaxComplexity,
		RequestErrors:       settings.MaxRequestErrors,
	}
}

// handler is what is served: the API at /graphql, the public keys, how the program is, and the playground at /.
func (a *app) handler(api http.Handler, ready *health.Readiness) http.Handler {
	api = auth.Middleware(a.accounts.Authenticate, a.settings.TrustedProxyPrefixes())(api)
	headers := []string{"Accept", "Authorization", "Content-Type"}
	if a.settings.RefreshCookie {
		headers = append(headers, refreshcookie.RequestedWith, refreshcookie.RequirePreflight)
		api = refreshcookie.Middleware(refreshcookie.Settings{
			AlwaysSecure: a.settings.Env == config.Production,
			Origins:      a.settings.CORSOrigins,
			Now:          time.Now,
		})(api)
	}
	if len(a.settings.CORSOrigins) > 0 { // the library takes an empty list for every origin
		api = cors.New(cors.Options{
			AllowedOrigins:   a.settings.CORSOrigins,
			AllowedMethods:   []string{http.MethodGet, http.MethodPost},
			AllowedHeaders:   headers,
			ExposedHeaders:   []string{"X-Request-Id"},
			AllowCredentials: a.settings.RefreshCookie,
			MaxAge:           600, // seconds
		}).Handler(api)
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", api)
	mux.Handle("/.well-known/jwks.json", &transport.JWKS{Keys: a.issuer.PublicKeys, MaxAge: keyring.FetchTime})
	mux.Handle("/healthz", health.Live())
	mux.Handle("/readyz", ready)
	if a.settings.Playground {
		mux.Handle("/", playground.Handler())
	}
	return requestid.Handler(rand.Reader, panics.Handler(a.log, ready.CloseConnections(mux)))
}

func newLog(w io.Writer, settings config.Settings) *slog.Logger {
	options := &slog.HandlerOptions{Level: settings.LogLevel}
	if settings.LogFormat == config.LogJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
