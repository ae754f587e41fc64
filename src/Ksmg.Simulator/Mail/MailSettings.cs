namespace Ksmg.Simulator;

/// <summary>The figures of the mail half. The defaults suit tests on loopback.</summary>
internal sealed record MailSettings
{
    /// <summary>What a node answers while receiving is off.</summary>
    public ReceivingOffAnswer ReceivingOff { get; init; } = ReceivingOffAnswer.Reply450;

    /// <summary>Whether mail is answered before it is scanned, and waits unscanned in the queue.</summary>
    public bool AfterQueueFilter { get; init; }

    /// <summary>From the end of DATA to its answer.</summary>
    public TimeSpan AnswerDelay => AfterQueueFilter ? TimeSpan.Zero : ScanDelay;

    /// <summary>What a scan takes.</summary>
    public TimeSpan ScanDelay { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>From the queue to the next hop in virtual mode; on sockets the network's own.</summary>
    public TimeSpan DeliveryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Until a deferred message, or a refused one at its sender, is tried again.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one step of an SMTP conversation may take.</summary>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of one message; more get 552.</summary>
    public int MaxMessageBytes { get; init; } = 10 * 1024 * 1024;
}
