using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Whoever stays while a run waits for people: reminds them time and again, and pauses a run whose approval nobody gives in time. Counted from
/// when the run came to wait, on a clock that does not jump.
/// </summary>
internal sealed class Vigil(UpgradeJournal journal, UpgradePlan plan, RunClock clock, Messengers messengers)
{
    private DateTimeOffset _since;
    private long _reminders;

    /// <summary>Looks at what the run waits for; <see langword="true"/>: its approval has expired, which is written down and told.</summary>
    public async Task<bool> LookAsync(WaitingFor? waiting, CancellationToken cancellationToken)
    {
        if (waiting is not { Kind: WaitingForKind.Approval or WaitingForKind.Decision })
        {
            return false;
        }

        TimeSpan waited = clock.Now - clock.Former(waiting.Since);
        TimeSpan expiry = plan.Policy.ApprovalExpiry;
        if (waiting.Kind == WaitingForKind.Approval && expiry > TimeSpan.Zero && waited >= expiry)
        {
            return await ExpireAsync(expiry, cancellationToken).ConfigureAwait(false);
        }

        if (plan.Policy.ApprovalReminder is { Ticks: > 0 } interval)
        {
            // Who begins to wait late says nothing of what was due before.
            long due = waited.Ticks / interval.Ticks;
            if (_since == waiting.Since && due > _reminders)
            {
                messengers.Tell(Reminder(waiting, waited));
            }

            (_since, _reminders) = (waiting.Since, due);
        }

        return false;
    }

    /// <summary>Waits a while for what is still to be told.</summary>
    public Task EndAsync() => messengers.EndAsync();

    private async Task<bool> ExpireAsync(TimeSpan expiry, CancellationToken cancellationToken)
    {
        RunLease lease;
        try
        {
            lease = await journal.AcquireAsync(plan.RunId, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        }
        catch (LeaseHeldException)
        {
            // Somebody drives it again: it does not wait any more.
            return false;
        }

        await using ConfiguredAsyncDisposable held = lease.ConfigureAwait(false);
        RunState run = RunState.Fold(await journal.ReadAsync(plan.RunId, 0, cancellationToken).ConfigureAwait(false));
        IReadOnlyList<RunCommand> commands = await journal.ReadCommandsAsync(plan.RunId, cancellationToken).ConfigureAwait(false);
        if (run is not { State: UpgradeEnd.Paused, StoppedAtGate: { } gate } || commands.Any(c => !run.HasHeard(c.Id)))
        {
            return false;
        }

        JournalRecord record = await journal.AppendAsync(
            lease, RunEntries.State(UpgradeEnd.Paused, Message.Of("state.expired", gate.Node, expiry)), cancellationToken).ConfigureAwait(false);
        messengers.Tell(RunEvents.From(plan.Cluster, plan.RunId, record)!);
        return true;
    }

    private UpgradeEvent Reminder(WaitingFor waiting, TimeSpan waited) => new()
    {
        RunId = plan.RunId,
        Cluster = plan.Cluster,
        At = clock.Wall,
        Kind = UpgradeEventKind.Reminder,
        Node = waiting.Node,
        Step = waiting.Step,
        Text = Message.Of("event.reminder", TimeSpan.FromMinutes(Math.Floor(waited.TotalMinutes)), waiting.Since, waiting.Reason),
        Values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["since"] = waiting.Since.ToString("O"),
            ["waitsFor"] = waiting.Kind.ToString(),
        },
    };
}
