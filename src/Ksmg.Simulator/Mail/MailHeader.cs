namespace Ksmg.Simulator;

/// <summary>A header field, unfolded.</summary>
/// <param name="Name">The field's name as written.</param>
/// <param name="Value">Its value without leading blanks.</param>
internal sealed record MailHeader(string Name, string Value);
