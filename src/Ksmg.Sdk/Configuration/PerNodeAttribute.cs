namespace Ksmg.Sdk;

/// <summary>The keys of the option are names of nodes; one that the cluster does not have is refused: what it says would hold for nobody.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PerNodeAttribute : Attribute;
