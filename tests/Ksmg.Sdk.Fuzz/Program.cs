using Ksmg.Sdk.Tests;
using SharpFuzz;

OutsideInputs? inputs = null;
switch (args)
{
    case ["seed", string kind, string file]:
        await File.WriteAllBytesAsync(file, Find(kind).Good);
        return 0;

    case ["judge", string kind, string file]:
        Judge(kind, await File.ReadAllBytesAsync(file));
        return 0;

    case ["fuzz", string kind]:
        // Instrumented code may run only in here: before, there is nowhere to write what it passes.
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using MemoryStream copy = new();
            stream.CopyTo(copy);
            Judge(kind, copy.ToArray());
        });
        return 0;

    default:
        Console.Error.WriteLine("usage: Ksmg.Sdk.Fuzz seed KIND FILE | judge KIND FILE | fuzz KIND; the kinds stand in OutsideInputs");
        return 2;
}

OutsideInput Find(string kind) => (inputs ??= new OutsideInputs()).Kinds.Single(k => k.Name == kind);

// What is wrong is thrown: that is what a fuzzer sees.
void Judge(string kind, byte[] bytes)
{
    if (Find(kind).Judge(bytes) is { } fault)
    {
        throw new InvalidOperationException(fault);
    }
}
