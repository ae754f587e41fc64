namespace Ksmg.Sdk.Upgrades;

/// <summary>Something a human can do about a run.</summary>
/// <param name="Command">The command line, as <c>ksmg</c> takes it.</param>
/// <param name="Text">What it brings about.</param>
public sealed record HumanOption(string Command, string Text);
