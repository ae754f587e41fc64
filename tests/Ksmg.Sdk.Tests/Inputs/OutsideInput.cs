namespace Ksmg.Sdk.Tests;

/// <summary>A kind of what comes from outside.</summary>
/// <param name="Name">What a fuzzer is told, and what the folder of kept inputs is called.</param>
/// <param name="Good">One that is read.</param>
/// <param name="Judge">What is wrong with how one is read or refused; <see langword="null"/>: nothing.</param>
/// <param name="Slowness">How many times longer it takes to read than others: so many times fewer are tried.</param>
internal sealed record OutsideInput(string Name, byte[] Good, Func<byte[], string?> Judge, int Slowness = 1);
