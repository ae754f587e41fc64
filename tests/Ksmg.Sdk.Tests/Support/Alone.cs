namespace Ksmg.Sdk.Tests.Support;

/// <summary>Tests that change what this whole process has, such as its environment, or count what it takes: none runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
