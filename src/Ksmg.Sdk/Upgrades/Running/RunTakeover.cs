namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// What a new driver does before it looks at the world: requests of its predecessor may still be on their way, but only those whose
/// intents are open. Fence first, then observe, then act.
/// </summary>
internal sealed class RunTakeover(
    UpgradeWorld world,
    RunClock clock,
    UpgradePlan plan,
    RunState run,
    RunLease lease,
    Func<JournalEntry, CancellationToken, Task> append,
    Action<PlannedStep, string, DateTimeOffset> announce)
{
    public async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        List<PlannedStep> open = [.. Detours.AllSteps(plan).Where(s => run[s.Key] is { Status: StepStatus.Open } state && state.Epoch < lease.Epoch)];
        foreach (PlannedStep step in open)
        {
            string evidence = step.Id is "S7" or "S8"
                ? await FenceUploadAsync(step, cancellationToken).ConfigureAwait(false)
                : await OutwaitAsync(step, cancellationToken).ConfigureAwait(false);
            await append(
                new JournalEntry
                {
                    Kind = JournalEntryKind.Outcome,
                    Step = step.Key,
                    Node = step.Node,
                    Attempt = run[step.Key].Attempt,
                    Outcome = StepOutcome.Unknown,
                    Text = evidence,
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>An installation refers to an upload: once that is gone, a late request finds nothing to install.</summary>
    private async Task<string> FenceUploadAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        string id = run[step.Key].Value(UploadStep.UploadId)!;
        DateTimeOffset until = clock.Now + step.Timeout;
        while (true)
        {
            try
            {
                bool deleted = await DeleteAsync(world.Nodes[step.Node!], id, cancellationToken).ConfigureAwait(false);
                return Words.Get(deleted ? "takeover.deleted" : "takeover.not-there", id);
            }
            catch (KsmgApiException e) when (e.HadNoEffect && e.Code is not null)
            {
                // Being installed: the start has arrived, nothing can arrive any more.
                return Words.Get("takeover.busy", id, e.Code);
            }
            catch (KsmgException e)
            {
                announce(step, Words.Get("wait.takeover", step.Node, id, e.Message), until);
            }

            if (clock.Now > until)
            {
                return Words.Get("takeover.silent", id, step.Timeout);
            }

            await clock.SleepAsync(plan.Policy.PollInterval, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The upload of the intent, and those that its uploader began anew after a cut connection: they carry its id and a number.</summary>
    private static async Task<bool> DeleteAsync(INodePort node, string id, CancellationToken cancellationToken)
    {
        bool deleted = await node.DeleteUploadAsync(id, cancellationToken).ConfigureAwait(false);
        foreach (UploadedUpdate again in await node.ListUploadsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (again.Id.StartsWith(id + "-", StringComparison.Ordinal))
            {
                deleted |= await node.DeleteUploadAsync(again.Id, cancellationToken).ConfigureAwait(false);
            }
        }

        return deleted;
    }

    private async Task<string> OutwaitAsync(PlannedStep step, CancellationToken cancellationToken)
    {
        // Counted from the beginning of this driver: by whatever clock the intent was written, it is older.
        DateTimeOffset until = clock.Began + world.RequestLimit;
        TimeSpan left = until - clock.Now;
        if (left > TimeSpan.Zero)
        {
            announce(step, Words.Get("wait.outwait", world.RequestLimit), until);
            await clock.SleepAsync(left, cancellationToken).ConfigureAwait(false);
        }

        return Words.Get("takeover.outwaited", world.RequestLimit);
    }
}
