package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout is how long a server may take to say that it is ready.
const healthTimeout = 4 * time.Second

func newHealth() *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Ask the server at GATEHOUSE_ADDR whether it is ready; the exit status says so",
		Long: `Asks /readyz of the server that runs on this machine with the same settings, for
health checks of containers, where there is no other program to ask with. Exits
with status 1 when nothing answers, or the answer is not 200 OK.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, _, err := settingsOf(cmd)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTimeout)
			defer cancel()
			return askReady(ctx, settings.Addr, cmd.OutOrStdout())
		},
	}
}

// askReady asks the server that listens on addr, host:port, whether it is ready, and copies its answer. An error says why
// it is not.
func askReady(ctx context.Context, addr string, answer io.Writer) error {
	host, err := reachable(addr)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/readyz", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{}} // no proxy: the server is on this machine
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not ready: %s: %s", response.Status, body)
	}
	_, err = answer.Write(body)
	return err
}

// reachable is the address by which one that is listened on is reached from the same machine: every interface is reached by
// the loopback one.
func reachable(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if port == "0" {
		return "", errors.New("which port the server chose, GATEHOUSE_ADDR does not tell")
	}
	switch ip, err := netip.ParseAddr(host); {
	case host == "" || err == nil && ip == netip.IPv4Unspecified():
		host = "127.0.0.1"
	case err == nil && ip == netip.IPv6Unspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}
