namespace Ksmg.Sdk;

/// <summary>The two independent switches of a node (<em>Configure receive and send settings</em>).</summary>
/// <param name="Receiving">Whether the node receives mail.</param>
/// <param name="Sending">Whether the node sends mail; never switched off to drain, since it may stop receiving too.</param>
public sealed record MailFlowSwitches(bool Receiving, bool Sending);
