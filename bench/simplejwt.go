package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// simpleJWT is the name of Django's SimpleJWT with its blacklist.
const simpleJWT = "SimpleJWT"

// python is one that has what SimpleJWT takes. Debian's packages are for Debian's own, which need not be the first on PATH.
func python(ctx context.Context) (string, error) {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(ctx, python, "-c", "import django, rest_framework, rest_framework_simplejwt, gunicorn").Run() == nil {
			return python, nil
		}
	}
	return "", errors.New("no Python has Django, SimpleJWT and Gunicorn (Debian: python3-djangorestframework-simplejwt gunicorn)")
}

// startSimpleJWT starts it on a database of its own, and signs in for refreshing.
func startSimpleJWT(ctx context.Context, dir string) (*server, stream, error) {
	python, err := python(ctx)
	if err != nil {
		return nil, stream{}, err
	}
	s, err := start(ctx, dir, process{
		name:    simpleJWT,
		answers: func(operation.Operation) bool { return false }, // it has no GraphQL
		cores:   serversCore,
		env: []string{
			"DATABASE=" + filepath.Join(dir, "simplejwt.db"), "KEY=" + key, "USERNAME=caller", "PASSWORD=" + password,
			"PYTHONDONTWRITEBYTECODE=1", // beside the program
		},
		args: []string{python, "bench/simplejwt/project.py"},
	})
	if err != nil {
		return nil, stream{}, err
	}
	refreshing, err := simpleRefresh(ctx, s)
	if err != nil {
		s.stop()
		return nil, stream{}, err
	}
	return s, refreshing, nil
}

// simpleRefresh is the stream of refreshes, each of the last one's token, after as many sign-ins as there are callers.
func simpleRefresh(ctx context.Context, s *server) (stream, error) {
	tokens := make(pool, writers)
	for range writers {
		first, err := s.simpleToken(ctx, "/token/", credentials)
		if err != nil {
			return stream{}, err
		}
		second, err := s.simpleToken(ctx, "/token/refresh/", map[string]any{"refresh": first})
		if err != nil {
			return stream{}, err
		}
		if _, err := s.simpleToken(ctx, "/token/refresh/", map[string]any{"refresh": first}); err == nil {
			return stream{}, errors.New("a refresh token serves twice: the blacklist is not used")
		}
		tokens <- second
	}
	next := func(ctx context.Context) (request, error) {
		token, err := tokens.take(ctx)
		if err != nil {
			return request{}, err
		}
		return plain("/token/refresh/", map[string]any{"refresh": token})
	}
	then := func(answer []byte) error {
		token, err := refreshToken(answer)
		if err == nil {
			tokens <- token
		}
		return err
	}
	return stream{name: tokenRefresh, callers: writers, next: next, then: then}, nil
}

// simpleToken is the refresh token that is answered there.
func (s *server) simpleToken(ctx context.Context, path string, object map[string]any) (string, error) {
	asked, err := plain(path, object)
	if err != nil {
		return "", err
	}
	_, answer, err := s.send(ctx, asked)
	if err != nil {
		return "", err
	}
	return refreshToken(answer)
}

// refreshToken is that of an answer with a pair of tokens.
func refreshToken(answer []byte) (string, error) {
	var pair struct{ Access, Refresh string }
	if err := json.Unmarshal(answer, &pair); err != nil {
		return "", fmt.Errorf("%w: %s", err, answer)
	}
	if pair.Access == "" || pair.Refresh == "" {
		return "", fmt.Errorf("no tokens: %s", answer)
	}
	return pair.Refresh, nil
}

// plain is a request with a JSON object.
func plain(path string, object map[string]any) (request, error) {
	body, err := json.Marshal(object)
	return request{path: path, header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}, body: body}, err
}
