using System.Collections.Immutable;
using System.Diagnostics;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The calls that cause effects, from the durable intent until they come back. What became of one is told, and never thrown.</summary>
internal sealed class EffectsInFlight(UpgradePlan plan, RunClock clock)
{
    private readonly Dictionary<StepKey, Effect> _effects = [];

    private sealed record Effect(PlannedStep Step, Task<JournalEntry?> Outcome, CancellationTokenSource Cancel);

    /// <summary>The steps whose effect is being caused right now.</summary>
    public ImmutableHashSet<StepKey> Steps { get; private set; } = [];

    /// <summary>The steps whose last call came back without a complaint: their effect has to be seen.</summary>
    public ImmutableHashSet<StepKey> Accepted { get; private set; } = [];

    /// <summary>The calls under way.</summary>
    public IEnumerable<Task> Calls => _effects.Values.Select(e => e.Outcome);

    /// <summary>Whether a call has come back and was not collected.</summary>
    public bool HasReturned => _effects.Values.Any(e => e.Outcome.IsCompleted);

    /// <summary>Begins the call of an intent that is durable.</summary>
    /// <param name="context">What the call needs.</param>
    /// <param name="lost">Cancels the call when the run is somebody else's.</param>
    public void Begin(EffectContext context, CancellationToken lost)
    {
        CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(lost);
        Accepted = Accepted.Remove(context.Step.Key);
        _effects[context.Step.Key] = new Effect(context.Step, ApplyAsync(context, cancel.Token), cancel);
        Steps = Steps.Add(context.Step.Key);
    }

    /// <summary>Takes over the calls that have come back: of which steps, and the outcomes that can be written already.</summary>
    public async Task<(List<PlannedStep> Returned, List<JournalEntry> Outcomes)> CollectAsync()
    {
        List<Effect> returned = [.. _effects.Values.Where(e => e.Outcome.IsCompleted)];
        List<JournalEntry> outcomes = [];
        foreach (Effect effect in returned)
        {
            if (await ForgetAsync(effect).ConfigureAwait(false) is { } outcome)
            {
                outcomes.Add(outcome);
            }
            else
            {
                Accepted = Accepted.Add(effect.Step.Key);
            }
        }

        return (returned.ConvertAll(e => e.Step), outcomes);
    }

    /// <summary>Cancels uploads and copies, lets short calls come back, and forgets both: their intents stay open.</summary>
    public async Task EndAsync(Func<PlannedStep, bool> which)
    {
        foreach (Effect effect in _effects.Values.Where(e => which(e.Step)).ToList())
        {
            if (!Procedure.Of(effect.Step.Id).TouchesNode)
            {
                effect.Cancel.Cancel();
            }

            await ForgetAsync(effect).ConfigureAwait(false);
        }
    }

    private async Task<JournalEntry?> ForgetAsync(Effect effect)
    {
        JournalEntry? outcome = await effect.Outcome.ConfigureAwait(false);
        effect.Cancel.Dispose();
        _effects.Remove(effect.Step.Key);
        Steps = Steps.Remove(effect.Step.Key);
        return outcome;
    }

    /// <summary>Answers the outcome to be written, or <see langword="null"/> when the call was accepted and its effect has to be seen.</summary>
    private async Task<JournalEntry?> ApplyAsync(EffectContext context, CancellationToken cancellationToken)
    {
        using Activity? activity = UpgradeDiagnostics.StartStep(plan, context.Step);
        JournalEntry? outcome = await CallAsync(context, cancellationToken).ConfigureAwait(false);
        UpgradeDiagnostics.CallEnded(activity, outcome?.Outcome);
        return outcome;
    }

    private async Task<JournalEntry?> CallAsync(EffectContext context, CancellationToken cancellationToken)
    {
        Words.UseEnglish();
        (PlannedStep step, int attempt) = (context.Step, context.Attempt);
        UpgradeStep kind = StepCatalogue.Get(step.Id);
        using AwakeLimit limit = clock.Limit(kind.CallLimit(step));
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            StepReply? reply = await kind.CallAsync(context, linked.Token).ConfigureAwait(false);
            return reply is null ? null : RunEntries.Outcome(step, attempt, reply.Outcome, reply.Text);
        }
        catch (KsmgApiException e) when (e.HadNoEffect)
        {
            Dictionary<string, string>? word = e.Code is { } code ? RunEntries.One(Marks.Code, code) : null;
            return RunEntries.Outcome(step, attempt, StepOutcome.FailedNoEffect, Message.Said(e.Message), word);
        }
        catch (PackageException e)
        {
            return RunEntries.Outcome(step, attempt, StepOutcome.FailedNoEffect, Message.Said(e.Message));
        }
        catch (OperationCanceledException) when (limit.IsOver)
        {
            return RunEntries.Outcome(step, attempt, StepOutcome.Unknown, Message.Of("error.neighbour-silent", step.Key, step.Timeout));
        }
        catch (Exception e)
        {
            // Whatever it was: nobody knows what became of the call. The next observation tells.
            return RunEntries.Outcome(step, attempt, StepOutcome.Unknown, Message.Said(e.Message));
        }
    }
}
