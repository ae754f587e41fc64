namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Keeps the monitoring quiet about the node in hand, beside the run: a lease that is renewed by whoever works, and by nobody else, so that
/// alerts come back by themselves when the run waits for a human or its process is gone. What fails is kept for the run to tell.
/// </summary>
internal sealed class Silences(IMonitoringSilence? monitoring, UpgradePlan plan, RunClock clock, TimeProvider time)
{
    /// <summary>After a failure, how long until the next try, where that is not due earlier.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>How long the end of a driving waits for what is still to be said.</summary>
    private static readonly TimeSpan LastLimit = TimeSpan.FromSeconds(15);

    private string? _node;
    private DateTimeOffset _renewedAt;
    private Task<bool> _last = Task.FromResult(true);
    private volatile Message? _problem;

    /// <summary>How the monitoring failed first; <see langword="null"/>: it did not.</summary>
    public Message? Problem => _problem;

    /// <summary>Silences the node that the run has in hand or is about to take, and lifts the silence of one that is back at work.</summary>
    public void Follow(Position position, Decision decision)
    {
        string? node = (position.InHand ?? position.Diverted)?.Name
            ?? decision.Steps.FirstOrDefault(s => s.Verdict is Verdict.Apply && s.Step.Id.IsIn(StepGroup.OutOfWork))?.Step.Node;
        if (node != _node)
        {
            Lift();
            (_node, _renewedAt) = (node, DateTimeOffset.MinValue);
        }

        Renew();
    }

    /// <summary>Renews the silence that is on, when half of it is over. A monitoring that hangs is not asked again meanwhile.</summary>
    public void Renew()
    {
        if (monitoring is null || _node is not { } node || !_last.IsCompletedSuccessfully)
        {
            return;
        }

        TimeSpan half = plan.Policy.SilenceDuration / 2;
        if (clock.Now - _renewedAt >= (_last.Result || half < Patience ? half : Patience))
        {
            _renewedAt = clock.Now;
            _last = SayAsync(_last, monitoring.RenewAsync, Of(node, clock.Wall + plan.Policy.SilenceDuration));
        }
    }

    /// <summary>Ends the silence that is on.</summary>
    public void Lift()
    {
        if (monitoring is not null && _node is { } node)
        {
            _last = SayAsync(_last, monitoring.LiftAsync, Of(node, clock.Wall));
        }

        _node = null;
    }

    /// <summary>Waits a while for what is still to be said. A silence that is on is left to lapse.</summary>
    public async Task EndAsync()
    {
        if (!_last.IsCompleted)
        {
            using CancellationTokenSource said = new();
            await Task.WhenAny(_last, Task.Delay(LastLimit, time, said.Token)).ConfigureAwait(false);
            said.Cancel();
        }
    }

    private NodeSilence Of(string node, DateTimeOffset until) => new()
    {
        RunId = plan.RunId,
        Cluster = plan.Cluster,
        Node = node,
        Until = until,
        Comment = Words.Get("silence.comment", node, plan.To, plan.RunId),
    };

    private async Task<bool> SayAsync(Task before, Func<NodeSilence, CancellationToken, Task> say, NodeSilence silence)
    {
        await before.ConfigureAwait(false);
        try
        {
            await say(silence, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception e)
        {
            _problem ??= Message.Of("silence.problem", silence.Node, e.Message.TrimEnd('.'));
            return false;
        }
    }
}
