namespace Ksmg.Simulator;

/// <summary>What a client gets instead of the node's answer.</summary>
internal enum AnswerFault
{
    None,
    Html,
    Truncated,
    Slow,
    Huge,
    Bomb,
    RedirectLoop,
}

/// <summary>What the armed faults do to one request.</summary>
internal sealed class FaultPlan
{
    private readonly List<Action> _afterApply = [];

    public bool DropsRequest { get; set; }

    public bool DropsResponse { get; set; }

    public TimeSpan? DelayBefore { get; set; }

    public TimeSpan? DelayAfter { get; set; }

    public TimeSpan? LateBy { get; set; }

    public ApiRefusal? Refusal { get; set; }

    public AnswerFault Answer { get; set; }

    /// <summary>The part of an upload after which its connection is cut.</summary>
    public double? CutAt { get; set; }

    /// <summary>Whether a client without sockets gets no usable answer.</summary>
    public bool LosesAnswer => DropsResponse || CutAt is not null || Answer != AnswerFault.None;

    public void WhenApplied(Action action) => _afterApply.Add(action);

    /// <summary>To be called when the node has acted.</summary>
    public void Applied() => _afterApply.ForEach(action => action());
}
