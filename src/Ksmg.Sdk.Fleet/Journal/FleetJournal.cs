using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Where fleets live. It is kept as runs are, in an <see cref="IRunStore"/> of its own: a hash chain that begins with the plan, one lease,
/// fenced appends, an inbox.
/// </summary>
internal sealed class FleetJournal
{
    /// <summary>What the owner of a fleet is called in its store: a fleet of a name is active once, and no cluster has a name like this.</summary>
    private const string Owner = "fleet:";

    /// <summary>How long whoever takes a fleet waits for a holder that may be gone: longer than any lease lasts.</summary>
    private static readonly TimeSpan LeaseWait = TimeSpan.FromSeconds(30);

    private readonly IRunStore _store;
    private readonly TimeProvider _time;
    private readonly Guid _owner = Guid.NewGuid();
    private readonly LeaseTaking _leases;
    private readonly StoredCommands<FleetCommand> _commands;
    private readonly ConcurrentDictionary<string, VerifiedFleet> _fleets = new(StringComparer.Ordinal);

    public FleetJournal(IRunStore store, TimeProvider time)
    {
        _store = store;
        _time = time;
        _leases = new LeaseTaking(store, time, _owner);
        _commands = new StoredCommands<FleetCommand>(store, time, FleetCommandJson.ToBytes, FleetCommandJson.Read);
    }

    /// <summary>Stores a plan as a new fleet and takes its lease. When this returns, the fleet is durable and nothing else has happened.</summary>
    /// <exception cref="ActiveRunException">A fleet of that name has not ended.</exception>
    /// <exception cref="JournalException">A fleet cannot be read, and may be the active one.</exception>
    public async Task<RunLease> CreateAsync(FleetPlan plan, CancellationToken cancellationToken = default)
    {
        JournalRules.CheckId(plan.FleetId);
        if (!plan.IsAsHashed)
        {
            throw new JournalException(Words.Get("fleet.not-its-plan"));
        }

        byte[] planFile = FleetPlanJson.ToBytes(plan);
        if (planFile.Length > JournalRules.MaxPlanBytes)
        {
            throw new JournalException(Words.Get("fleet.plan-too-large", JournalRules.MaxPlanBytes, planFile.Length));
        }

        string place = _store.Locate(plan.FleetId);
        await using ConfiguredAsyncDisposable held = (
            await StoreCalls.WriteAsync(place, () => _store.LockAsync(cancellationToken)).ConfigureAwait(false)).ConfigureAwait(false);
        IReadOnlyList<FleetSummary> fleets = await ListAsync(cancellationToken).ConfigureAwait(false);
        if (fleets.FirstOrDefault(f => f.End is null && f.Name == plan.Name) is { } active)
        {
            throw new ActiveRunException(Words.Get("fleet.active", plan.Name, active.FleetId)) { RunId = active.FleetId, Holder = active.Holder };
        }

        // Of what cannot be read nobody can tell that it has ended, or whose it is.
        if (fleets.FirstOrDefault(f => f.Damage is not null) is { } damaged)
        {
            throw new JournalException(Words.Get("fleet.unreadable", damaged.FleetId, damaged.Damage));
        }

        long renewedAt = _time.GetTimestamp();
        StoredLease lease = _leases.New(epoch: 1);
        VerifiedFleet fleet = new(_store, plan.FleetId);
        ReadOnlyMemory<byte> lines = fleet.Begin(plan, planFile, lease, [Created(plan), JournalRules.EpochStarted(_owner)]);
        await StoreCalls.WriteAsync(place, async () =>
        {
            await _store.CreateAsync(plan.FleetId, planFile, lines, lease, cancellationToken).ConfigureAwait(false);
            return lease;
        }).ConfigureAwait(false);
        _fleets[plan.FleetId] = fleet;
        return new RunLease(_store, plan.FleetId, lease, renewedAt, _time);
    }

    /// <summary>Takes a fleet that nobody drives, or whose driver is gone.</summary>
    /// <exception cref="LeaseHeldException">It is driven.</exception>
    public async Task<RunLease> AcquireAsync(string fleetId, CancellationToken cancellationToken = default)
    {
        VerifiedFleet fleet = await GetAsync(fleetId, cancellationToken).ConfigureAwait(false);
        (StoredLease lease, long renewedAt) = await _leases.TakeAsync(fleet, fleetId, LeaseWait, reopen: false, cancellationToken).ConfigureAwait(false);
        return new RunLease(_store, fleetId, lease, renewedAt, _time);
    }

    /// <summary>All fleets, the newest last. What is damaged is listed as such.</summary>
    public async Task<IReadOnlyList<FleetSummary>> ListAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<StoredRun> fleets = await StoreCalls.ReadAsync(
            Words.Get("fleet.all"), () => _store.ListAsync(cancellationToken)).ConfigureAwait(false);
        return [.. fleets.Select(Summarize).OrderBy(f => f.CreatedAt).ThenBy(f => f.FleetId, StringComparer.Ordinal)];
    }

    public async Task<FleetPlan> GetPlanAsync(string fleetId, CancellationToken cancellationToken = default)
    {
        VerifiedFleet fleet = await GetAsync(fleetId, cancellationToken).ConfigureAwait(false);
        return await StoreCalls.ReadAsync(fleetId, () => fleet.ReadPlanAsync(cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>The records of a fleet above a sequence.</summary>
    public async Task<IReadOnlyList<JournalRecord>> ReadAsync(string fleetId, long after = 0, CancellationToken cancellationToken = default)
    {
        VerifiedFleet fleet = await GetAsync(fleetId, cancellationToken).ConfigureAwait(false);
        return await StoreCalls.ReadAsync(fleetId, () => fleet.ReadAsync(after, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Appends a record durably.</summary>
    /// <exception cref="LeaseLostException">The lease is not ours any more: nothing was written.</exception>
    public async Task<JournalRecord> AppendAsync(RunLease lease, JournalEntry entry, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lease.Check();
        VerifiedFleet fleet = await GetAsync(lease.RunId, cancellationToken).ConfigureAwait(false);
        return await StoreCalls.WriteAsync(
            lease, () => fleet.AppendAsync(lease.Stored, _time.GetUtcNow(), entry, afterEnd: false, cancellationToken)).ConfigureAwait(false);
    }

    public async Task PostAsync(string fleetId, FleetCommand command, CancellationToken cancellationToken = default)
    {
        _ = await GetAsync(fleetId, cancellationToken).ConfigureAwait(false);
        await _commands.PostAsync(fleetId, command, cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<FleetCommand>> ReadCommandsAsync(string fleetId, CancellationToken cancellationToken = default) =>
        _commands.ReadAsync(fleetId, cancellationToken);

    public Task AnswerAsync(RunLease lease, string commandId, RunCommandAnswer answer, CancellationToken cancellationToken = default) =>
        _commands.AnswerAsync(lease, commandId, answer, cancellationToken);

    public Task<RunCommandAnswer?> GetAnswerAsync(string fleetId, string commandId, CancellationToken cancellationToken = default) =>
        _commands.GetAnswerAsync(fleetId, commandId, cancellationToken);

    /// <inheritdoc cref="UpgradeJournal.WaitForChangeAsync"/>
    public Task<string> WaitForChangeAsync(string fleetId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default) =>
        StoreCalls.ReadAsync(fleetId, () => _store.WaitForChangeAsync(JournalRules.CheckId(fleetId), seen, atMost, cancellationToken));

    /// <summary>A note that workers keep about a cluster, in place of the one before; it needs no lease.</summary>
    public Task NoteAsync(string fleetId, string name, string text, CancellationToken cancellationToken = default) => StoreCalls.WriteAsync(
        fleetId, () => _store.SaveAsync(fleetId, Note(name), System.Text.Encoding.UTF8.GetBytes(text), lease: null, overwrite: true, cancellationToken));

    public async Task<string?> ReadNoteAsync(string fleetId, string name, CancellationToken cancellationToken = default) =>
        await StoreCalls.ReadAsync(fleetId, () => _store.LoadAsync(fleetId, Note(name), cancellationToken)).ConfigureAwait(false) is { } text
            ? System.Text.Encoding.UTF8.GetString(text.Span)
            : null;

    private static string Note(string name) => JournalRules.CheckFileName($"{JournalRules.SavedFiles}/{name}");

    private static JournalEntry Created(FleetPlan plan) => new()
    {
        Kind = JournalEntryKind.RunCreated,
        Text = Message.Of("fleet.created", plan.Name, plan.Clusters.Count, plan.From, plan.To),
        Values = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [JournalRules.Cluster] = Owner + plan.Name,
            [JournalRules.PlanHash] = plan.Hash,
        },
    };

    private FleetSummary Summarize(StoredRun stored)
    {
        string? damage = stored.Damage;
        try
        {
            if (damage is null)
            {
                JournalRecord first = JournalJson.ReadRecord(stored.First.Span);
                string? owner = first.Entry.Values?.GetValueOrDefault(JournalRules.Cluster);
                return new FleetSummary(
                    stored.RunId,
                    owner?.StartsWith(Owner, StringComparison.Ordinal) == true ? owner[Owner.Length..] : owner,
                    first.At,
                    JournalRules.EndOf(JournalJson.ReadRecord(stored.Last.Span)),
                    stored.Lease is { IsFree: false } lease ? LeaseTaking.Describe(lease) : null,
                    first.Entry.Values?.GetValueOrDefault(JournalRules.PlanHash));
            }
        }
        catch (JsonException e)
        {
            damage = e.Message;
        }

        return new FleetSummary(stored.RunId, null, null, null, Damage: $"{_store.Locate(stored.RunId)}: {damage}");
    }

    private async ValueTask<VerifiedFleet> GetAsync(string fleetId, CancellationToken cancellationToken)
    {
        JournalRules.CheckId(fleetId);
        if (_fleets.TryGetValue(fleetId, out VerifiedFleet? fleet))
        {
            return fleet;
        }

        return await StoreCalls.ReadAsync(fleetId, () => _store.FindAsync(fleetId, cancellationToken)).ConfigureAwait(false) is null
            ? throw new JournalException(Words.Get("fleet.unknown", fleetId))
            : _fleets.GetOrAdd(fleetId, new VerifiedFleet(_store, fleetId));
    }
}

/// <summary>Commands to fleets as JSON.</summary>
internal static class FleetCommandJson
{
    private static readonly FleetCommandJsonContext Indented = new(DocumentJson.Options(FleetCommandJsonContext.Default.Options, indented: true));

    public static byte[] ToBytes(FleetCommand command) => JsonSerializer.SerializeToUtf8Bytes(command, Indented.FleetCommand);

    public static FleetCommand Read(ReadOnlyMemory<byte> json) => DocumentJson.NotNull(JsonSerializer.Deserialize(json.Span, Indented.FleetCommand));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(FleetCommand))]
internal sealed partial class FleetCommandJsonContext : JsonSerializerContext;
