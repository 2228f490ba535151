/* A shared object that is no plugin. */
extern int add_one(int number);

__attribute__((visibility("default"))) int add_one(int number)
{
    return number + 1;
}
