package broker

import (
	"sync"

	"seccomp-broker/broker/syscalls"
)

// reloads are the host names and, where they are loaded anew, the rules of a run,
// from its beginning to its end.
type reloads struct {
	asked    chan struct{} // nil where nothing is reloaded
	hosts    followed
	reloader *reloader
	done     chan struct{}
	started  bool
	running  sync.WaitGroup
}

// prepareReload looks the host names up, and sees to what can fail of a reload.
func prepareReload(cfg Config, env *syscalls.Env) (*reloads, error) {
	r := &reloads{hosts: followAll(cfg.Policy, cfg.Shadow, followed{}, cfg.Notice), done: make(chan struct{})}
	env.Rules.Hosts, env.Rules.ShadowHosts = r.hosts.policy.ask(), r.hosts.shadow.ask()
	if cfg.Reload == nil {
		return r, nil
	}
	var err error
	if r.reloader, err = newReloader(cfg, env, r.hosts); err != nil {
		r.hosts.stop()
		return nil, err
	}
	r.asked = make(chan struct{}, 1)
	return r, nil
}

// guarded tells what Landlock lets be executed, if it guards at all.
func (r *reloads) guarded(floor []string, guarded bool) {
	if r.reloader != nil && guarded {
		r.reloader.floor = floor
	}
}

// start begins to reload.
func (r *reloads) start() {
	if r.started = r.reloader != nil; r.started {
		r.running.Go(func() { r.reloader.follow(r.done, r.asked) })
	}
}

// stop ends it. The engine may still work, by the rules that it has.
func (r *reloads) stop() {
	close(r.done)
	r.running.Wait()
	if r.started {
		return
	}
	r.hosts.stop()
	if r.reloader != nil {
		r.reloader.watch.close()
	}
}
