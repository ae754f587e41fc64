using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Everything a step may look at to decide. Nothing here can cause an effect.</summary>
internal sealed record StepContext
{
    public required UpgradePlan Plan { get; init; }

    public required RunState Run { get; init; }

    public required ClusterObservation Cluster { get; init; }

    public required PlannedStep Step { get; init; }

    /// <summary>When the look that is decided on began, on the run's clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What the wall clock says: for times that people named, and for showing.</summary>
    public required DateTimeOffset WallNow { get; init; }

    /// <summary>How long a request of ours may still arrive after its intent.</summary>
    public required TimeSpan RequestLimit { get; init; }

    /// <summary>Whether this process is causing the step's effect right now.</summary>
    public required bool IsInFlight { get; init; }

    /// <summary>Whether the call of the last attempt came back without a complaint, in this process.</summary>
    public required bool WasAccepted { get; init; }

    public UpgradePolicy Policy => Plan.Policy;

    public StepState State => Run[Step.Key];

    public string NodeName => Step.Node!;

    /// <summary>The node as planned, with switch and load as our first touch found them: what it goes back to.</summary>
    public PlannedNode Node => Run.AsFound(Plan.Nodes.First(n => n.Name == Step.Node));

    public NodeObservation Seen => Cluster[Step.Node!];

    public NodeStanding Standing => Step.Node is { } name ? Run.Node(name) : NodeStanding.None;

    public PlannedPackage Package => Plan.Packages[Step.Package!.Value];

    /// <summary>
    /// When the last attempt is to have shown its effect; what a former driver tried gets its time anew, and a step that was forgotten
    /// meanwhile waits from its new beginning.
    /// </summary>
    public DateTimeOffset Deadline => (State.IsUndecided ? TriedSince : ReadySince) + Step.Timeout;

    public bool PastDeadline => Now > Deadline;

    /// <summary>A request of the last attempt may still be on its way.</summary>
    public bool MayStillArrive => Enforces(Checks.LateRequest) && Now < TriedSince + RequestLimit;

    /// <summary>Whether a check counts: it does until a human overrides it by name.</summary>
    public bool Enforces(string check) => !Run.IsOverridden(check, WallNow);

    /// <summary>Whether somebody agreed to what a consent is named for: in the policy, or by an override since.</summary>
    public bool Accepts(string consent) => Policy.Waives(consent) || !Enforces(consent);

    /// <summary>When the step could begin: the last of the steps before it, or the last time a human let the run go on.</summary>
    public DateTimeOffset ReadySince => Step.After.Select(k => Run[k].OutcomeAt).Append(Run.ResumedAt).Append(Standing.Since).Max();

    /// <summary>Since when the last attempt counts: its intent, or the beginning of this driver, since a former one's clock proves nothing.</summary>
    private DateTimeOffset TriedSince => Later(State.IntentAt, Run.ResumedAt);

    /// <summary>
    /// Whether our first touch finds a node out of work that worked when the plan was made: somebody else's doing, taken over only when a
    /// human says so by name. What it is found as is then what it goes back to.
    /// </summary>
    public bool IsForeign(string prior, bool worked) =>
        worked && Standing.Goal == NodeGoal.Upgrade && !Standing.Prior.ContainsKey(prior) && Enforces(Checks.ForeignChange);

    public Verdict.Stop Foreign(Message change) => new(StopKind.Pause, Message.Of("stop.foreign", change), Check: Checks.ForeignChange);

    /// <summary>
    /// The node did not receive when this run first touched it, by somebody's will after the plan was made: it stays so, without a test message.
    /// </summary>
    public bool StaysOff => !Node.Receiving && Plan.StepsOf(NodeName).All(s => s.Id != StepId.ReceiveOffAgain);

    /// <summary>Whether as many people approved the step as the policy asks for.</summary>
    public bool IsApproved => Run.ApprovalsOf(Step.Key).Count >= Policy.ApprovalsNeeded;

    /// <summary>Where one person is not enough: who approved already, and that another one has to.</summary>
    public Message? MoreApprovals => Run.ApprovalsOf(Step.Key) switch
    {
        _ when Policy.ApprovalsNeeded == 1 => null,
        [var first, ..] => Message.Of("stop.one-more", first),
        _ => Message.Of("stop.two-people"),
    };

    public StepState Other(StepId id, int? package = null) => Run[new StepKey(id, Step.Node, package)];

    /// <summary>
    /// The other nodes that worked when this one was touched and are not known to take mail now, when the budget has no room for them beside
    /// it: who is silent now may be out of work.
    /// </summary>
    public List<string> OthersOut()
    {
        List<string> unknown = Accepts(Checks.UnknownHealth) ? [] : Preflight.UnknownInFloor(NodeName, Plan, Cluster);
        List<string> others = !Enforces(Checks.ServiceLost) ? []
            : [
                .. Plan.Nodes.Where(n => n.Name != NodeName && Run.AsFound(n).InService && (!Cluster[n.Name].TakesMail || unknown.Contains(n.Name)))
                    .Select(n => n.Name)];
        return others.Count > Policy.MaxUnavailable - 1 ? others : [];
    }

    public static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;

    public static Verdict.Apply Apply(Message reason, params ReadOnlySpan<(string Name, string? Value)> values)
    {
        Dictionary<string, string> kept = new(StringComparer.Ordinal);
        foreach ((string name, string? value) in values)
        {
            if (value is not null)
            {
                kept[name] = value;
            }
        }

        return new Verdict.Apply(reason, kept);
    }

    /// <summary>A time as it is shown to people.</summary>
    public DateTimeOffset Shown(DateTimeOffset when) => when + TimeSpan.FromSeconds(Math.Round((WallNow - Now).TotalSeconds));

    public static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Why the load balancer says nothing of the node.</summary>
    public Message LoadProblem => Cluster.LoadProblem is { } said ? Message.Said(said) : Message.Of("problem.not-in-balancer", NodeName);

    /// <summary>The node does not answer: how that is told, and what it means for a wait.</summary>
    public Verdict.Wait WaitForAnswer(DateTimeOffset until) => new(Message.Of("wait.silent", NodeName, Seen.Problem), until);
}
