namespace Ksmg.Sdk.Tests.Support;

/// <summary>Tests that change the environment of this process: others run in it too, and read it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OwnEnvironment
{
    public const string Name = "own environment";
}
