namespace Ksmg.Sdk.Upgrades;

/// <summary>What was seen of an external gate.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsGreen">Whether it let a node be begun; one that did not answer is not green.</param>
/// <param name="Text">What it said.</param>
/// <param name="Since">Since when it is so, by the wall clock.</param>
/// <param name="Patience">How long a node waits for it.</param>
internal sealed record GateReading(string Name, bool IsGreen, Message Text, DateTimeOffset Since, TimeSpan Patience)
{
    public Message InWords => IsGreen ? Message.Of("gate.green", Name, Text) : Message.Of("gate.closed", Name, Since, Text);
}
