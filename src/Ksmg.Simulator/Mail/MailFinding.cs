namespace Ksmg.Simulator;

/// <summary>A delivery attempt that broke mail conservation.</summary>
/// <param name="MessageId">Its Message-ID.</param>
/// <param name="Lost"><see langword="true"/>: lost; <see langword="false"/>: duplicated.</param>
/// <param name="Cause"><c>client</c>, <c>human</c> or <c>fault</c>; <c>appliance</c> when nobody did anything to it.</param>
internal sealed record MailFinding(string MessageId, bool Lost, string Cause);
