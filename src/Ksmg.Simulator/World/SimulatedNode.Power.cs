using Ksmg.Sdk;

namespace Ksmg.Simulator;

internal sealed partial class SimulatedNode
{
    private static readonly WebState[] Flaps = [WebState.Up, WebState.Starting, WebState.BadGateway];

    private WebState _web = WebState.Up;
    private bool _isOn = true;
    private bool _isRestarting;
    private bool _webIsDead;
    private bool _smtpIsDead;
    private bool _isCutFromClients;
    private int _life;
    private EffectCause _responsible = EffectCause.Appliance;

    /// <summary>Called when <see cref="Web"/> may have changed; under the world's lock.</summary>
    public Action? WebChanged { get; set; }

    public DateTimeOffset FlapsUntil { get; set; }

    /// <summary>Clients reach nothing but SMTP on this node.</summary>
    public bool IsCutFromClients
    {
        get => _isCutFromClients;
        set
        {
            _isCutFromClients = value;
            Changed();
        }
    }

    /// <summary>Whether the machine is on and started.</summary>
    public bool IsRunning => _isOn && !_isRestarting;

    public bool IsSmtpUp => IsRunning && !_smtpIsDead;

    /// <summary>Who started what the appliance is going through by itself.</summary>
    public EffectCause Responsible => _responsible;

    public WebState Web => !_isOn || _webIsDead || _isCutFromClients ? WebState.Refused
        : _web == WebState.Up && _world.Now < FlapsUntil ? Flaps[(FlapsUntil - _world.Now).Ticks / TimeSpan.TicksPerSecond % Flaps.Length]
        : _web;

    /// <summary>
    /// One operation without a socket: the node's availability, its faults, the operation, the log. Completes at once unless a fault
    /// delays it. It fails with an <see cref="ApiRefusal"/> when the node refuses, with a <see cref="NodeConnectionException"/> when no answer came:
    /// nothing is thrown before somebody waits for it, as a node that restarts is asked again and again.
    /// </summary>
    public Task<T> CallAsync<T>(string operation, Caller caller, Func<SimulatedNode, T> act, CancellationToken cancellationToken = default)
    {
        FaultPlan? plan;
        lock (_world.Gate)
        {
            _world.CatchUp();
            if (Unanswered(operation, caller) is { } silent)
            {
                return Task.FromException<T>(silent);
            }

            plan = _world.Faults.Meet(Name, operation);
            if (plan is null)
            {
                try
                {
                    return Task.FromResult(Act(operation, caller, act));
                }
                catch (ApiRefusal refusal)
                {
                    return Task.FromException<T>(refusal);
                }
            }
        }

        return CallAsync(plan, operation, caller, act, cancellationToken);
    }

    /// <summary>Carries out an operation under the lock and logs it.</summary>
    public T Carry<T>(string operation, Caller caller, Func<SimulatedNode, T> act)
    {
        lock (_world.Gate)
        {
            _world.CatchUp();
            return Act(operation, caller, act);
        }
    }

    /// <summary>What changes something needs the right to edit settings, and on a Secondary node the right to manage nodes too.</summary>
    public void RequireRights(string operation, Caller caller)
    {
        bool changes = !operation.StartsWith("get-", StringComparison.Ordinal)
            && !operation.StartsWith("list-", StringComparison.Ordinal)
            && !operation.StartsWith("user-", StringComparison.Ordinal);
        if (changes && caller.Cause == EffectCause.Client && !(CanEditSettings && (Role == NodeRole.Control || CanManageNodes)))
        {
            throw new ApiRefusal(403, "noPermission", "The account has no right to do this.");
        }
    }

    /// <summary>Throws unless the web interface answers a client.</summary>
    private void RequireAnswer(string operation, Caller caller)
    {
        if (Unanswered(operation, caller) is { } refused)
        {
            throw refused;
        }
    }

    /// <summary>Why the web interface does not answer a client, logged as a request; <see langword="null"/>: it answers. Under the world's lock.</summary>
    private Exception? Unanswered(string operation, Caller caller)
    {
        WebState web = Web;
        if (web == WebState.Up)
        {
            return null;
        }

        _world.Request(Name, operation, caller.Session, web.ToString());
        return web switch
        {
            WebState.Refused => new NodeConnectionException($"{Name} refuses the connection.", connected: false),
            WebState.BadGateway => new ApiRefusal(502, "badGateway", "Bad gateway."),
            _ => new ApiRefusal(503, "starting", "The node is starting."),
        };
    }

    private T Act<T>(string operation, Caller caller, Func<SimulatedNode, T> act)
    {
        try
        {
            RequireRights(operation, caller);
            T result = act(this);
            _world.Request(Name, operation, caller.Session, "ok");
            return result;
        }
        catch (ApiRefusal refusal)
        {
            _world.Request(Name, operation, caller.Session, refusal.Code);
            refusal.IsLogged = true;
            throw;
        }
    }

    public void PowerOff(Caller caller)
    {
        if (_isOn)
        {
            _isOn = false;
            _isRestarting = false;
            _responsible = caller.Cause;
            StopEverything();
            _world.Effect(Name, "power-off", caller);
        }
    }

    public void PowerOn(Caller caller)
    {
        if (!_isOn)
        {
            _isOn = true;
            _responsible = caller.Cause;
            _world.Effect(Name, "power-on", caller);
            StartMachine();
        }
    }

    /// <summary>Ends what keeps the web interface or SMTP down although the machine runs.</summary>
    public void Repair()
    {
        _webIsDead = false;
        _smtpIsDead = false;
        FlapsUntil = default;
        HalfVersionUntil = default;
        Changed();
    }

    /// <summary>Kills the web interface, and SMTP with it if asked to.</summary>
    public void KillWeb(bool smtpToo)
    {
        _webIsDead = true;
        _smtpIsDead = smtpToo;
        Changed();
    }

    public NodeImage Capture() => new(
        Build,
        Role,
        Receiving,
        Sending,
        SettingsRevision,
        SettingsChangedAt,
        SynchronizedAt,
        AppliedAt,
        CertificateGeneration,
        [.. _uploads.Values],
        new Dictionary<string, DiskSpace>(_disks, StringComparer.Ordinal),
        _update,
        Mail.Capture(),
        _world.Files.Capture(Name));

    /// <summary>The machine becomes what it was, and starts.</summary>
    public void RevertTo(NodeImage image, Caller caller)
    {
        _responsible = caller.Cause;
        _isOn = true;
        StopEverything();
        Build = image.Build;
        Role = image.Role;
        Receiving = image.Receiving;
        Sending = image.Sending;
        SettingsRevision = image.SettingsRevision;
        SettingsChangedAt = image.SettingsChangedAt;
        SynchronizedAt = image.SynchronizedAt;
        AppliedAt = image.AppliedAt;
        CertificateGeneration = image.CertificateGeneration;
        _uploads.Clear();
        foreach (UploadedUpdate upload in image.Uploads)
        {
            _uploads.Add(upload.Id, upload);
        }

        foreach ((string mount, DiskSpace disk) in image.Disks)
        {
            SetFreeBytes(mount, disk.FreeBytes);
        }

        _update = image.Update;
        _webIsDead = false;
        _smtpIsDead = false;
        NeverSynchronizes = false;
        foreach (string service in ServiceNames)
        {
            SetService(service, ServiceState.Running);
        }

        Mail.Restore(image.Queues, SimulatedWorld.Word(caller.Cause));
        _world.Files.Restore(Name, image.Files);
        StartMachine();
    }

    /// <summary>The machine starts; an installation that its disk tells of was cut.</summary>
    private void StartMachine()
    {
        bool wasInstalling = IsInstalling;
        Restart(Caller.Appliance, () =>
        {
            if (wasInstalling)
            {
                FinishUpdate(UpdateState.Failed, "The installation was cut; the node runs the former build.");
            }
        });
    }

    /// <summary>Something later in this life of the machine; a power cut or a revert ends it.</summary>
    private void Later(TimeSpan time, Action action)
    {
        int life = _life;
        _world.After(time, () =>
        {
            if (life == _life)
            {
                action();
            }
        });
    }

    private void Restart(Caller caller, Action started)
    {
        TimeSpan time = _world.Options.Scaled(_world.Options.RestartTime);
        _isRestarting = true;
        StopEverything();
        _world.Effect(Name, "restart-began", caller);
        SetWeb(WebState.Refused);
        Phases(
            (time * 0.6, () => SetWeb(WebState.BadGateway)),
            (time * 0.2, () => SetWeb(WebState.Starting)),
            (time * 0.1, () => SetWeb(WebState.WaitPage)),
            (time * 0.1, () =>
            {
                started();
                _isRestarting = false;
                SetWeb(WebState.Up);
                _world.Effect(Name, "restart-ended", Caller.Appliance, Build.ToString());
                _world.Synchronize(_world.Now);
            }
        ));
    }

    /// <summary>One after the other: timers that are due at nearly the same time may overtake each other.</summary>
    private void Phases(params (TimeSpan After, Action Begin)[] phases)
    {
        if (phases.Length > 0)
        {
            (TimeSpan after, Action begin) = phases[0];
            Later(after, () =>
            {
                int life = _life;
                begin();
                if (life == _life)
                {
                    Phases(phases[1..]);
                }
            });
        }
    }

    private void StopEverything()
    {
        _life++;
        if (!_world.Options.SessionsSurviveRestart)
        {
            EndSessions();
        }

        Changed();
    }

    private void SetWeb(WebState state)
    {
        _web = state;
        Changed();
    }

    private void Changed()
    {
        Mail.HostChanged();
        WebChanged?.Invoke();
    }

    private async Task<T> CallAsync<T>(FaultPlan plan, string operation, Caller caller, Func<SimulatedNode, T> act, CancellationToken cancellationToken)
    {
        if (plan.LateBy is { } late)
        {
            // The client gives up at once; the request reaches the node all the same, later.
            _world.After(late, () => CarryLate(operation, caller, act));
            throw Cut(operation, caller, "late");
        }

        if (plan.DelayBefore is { } before)
        {
            await Task.Delay(before, _world.Time, cancellationToken).ConfigureAwait(false);
        }

        lock (_world.Gate)
        {
            _world.CatchUp();
            RequireAnswer(operation, caller);
        }

        if (plan.DropsRequest)
        {
            throw Cut(operation, caller, "dropped");
        }

        if (plan.Refusal is { } refusal)
        {
            lock (_world.Gate)
            {
                _world.Request(Name, operation, caller.Session, refusal.Code);
                refusal.IsLogged = true;
            }

            throw refusal;
        }

        T result = Carry(operation, caller, act);
        lock (_world.Gate)
        {
            plan.Applied();
        }

        if (plan.DelayAfter is { } after)
        {
            await Task.Delay(after, _world.Time, cancellationToken).ConfigureAwait(false);
        }

        return plan.LosesAnswer ? throw Cut(operation, caller, "answer-lost") : result;
    }

    private void CarryLate<T>(string operation, Caller caller, Func<SimulatedNode, T> act)
    {
        try
        {
            RequireAnswer(operation, caller);
            Carry(operation, caller, act);
        }
        catch (Exception refused) when (refused is ApiRefusal or NodeConnectionException)
        {
            // Nobody waits for this answer any more; the request log has it.
        }
    }

    private NodeConnectionException Cut(string operation, Caller caller, string outcome)
    {
        lock (_world.Gate)
        {
            _world.Request(Name, operation, caller.Session, outcome);
        }

        return new NodeConnectionException($"The connection to {Name} broke.", connected: true);
    }
}
