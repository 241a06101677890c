package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

// The servers share a core, as only one of them has something to do at a time, and who asks has another.
const (
	serversCore = "0"
	askersCore  = "1"
)

// everyCore is all of them, those of who asks too: what a server in production has.
func everyCore() string { return "0-" + strconv.Itoa(runtime.NumCPU()-1) }

// canPin says whether programs can be told on which core to run.
func canPin() bool {
	_, err := exec.LookPath("taskset")
	return err == nil && runtime.NumCPU() > 1
}

// settle has this program run on one core alone, and all that it starts and does not tell otherwise.
func settle(ctx context.Context, core string) error {
	if !canPin() {
		return nil
	}
	out, err := exec.CommandContext(ctx, "taskset", "--all-tasks", "--cpu-list", "--pid", core, strconv.Itoa(os.Getpid())).CombinedOutput()
	if err != nil {
		return fmt.Errorf("taskset: %w: %s", err, out)
	}
	return nil
}

// onCores is a command that runs on these cores alone, where that can be said.
func onCores(cores string, args ...string) []string {
	if !canPin() {
		return args
	}
	return append([]string{"taskset", "--cpu-list", cores}, args...)
}
